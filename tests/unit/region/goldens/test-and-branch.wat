;; TBZ, CBNZ and a merge
;;   0  tbz w0, #3, 0xc
;;   4  add x1, x1, #0x1
;;   8  b 0x14
;;   c  cbnz w2, 0x14
;;  10  sub x1, x1, #0x2
;;  14  add x3, x1, x1
;;  18  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 1 i32, 4 i64
  block $B0 (result i64)
   block $B1
    local.get $p0
    i32.load offset=9176
    local.set $l4
    block $B2
     local.get $l4
     i32.const -1
     i32.add
     local.set $l4
     local.get $p0
     i64.load
     local.set $l5
     local.get $l5
     i64.const 3
     i64.shr_u
     i32.wrap_i64
     i32.const 1
     i32.and
     i32.eqz
     if $I3
      local.get $l4
      i32.const -1
      i32.add
      local.set $l4
      local.get $p0
      i64.load offset=16
      local.set $l6
      local.get $l6
      i32.wrap_i64
      i32.const 0
      i32.ne
      if $I4
       br $B2
      else
       local.get $l4
       i32.const -1
       i32.add
       local.set $l4
       local.get $p0
       i64.load offset=8
       local.set $l7
       local.get $l7
       i64.const 2
       i64.sub
       local.set $l7
       local.get $p0
       local.get $l7
       i64.store offset=8
       br $B2
      end
     else
      local.get $l4
      i32.const -2
      i32.add
      local.set $l4
      local.get $p0
      i64.load offset=8
      local.set $l6
      local.get $l6
      i64.const 1
      i64.add
      local.set $l6
      local.get $p0
      local.get $l6
      i64.store offset=8
      br $B2
     end
    end
    local.get $l4
    i32.const -2
    i32.add
    local.set $l4
    local.get $p0
    i64.load offset=8
    local.set $l5
    local.get $l5
    local.get $l5
    i64.add
    local.set $l6
    local.get $p0
    i64.load offset=240
    local.set $l7
    local.get $l7
    local.set $l8
    local.get $p0
    local.get $l6
    i64.store offset=24
    br $B1
   end
   local.get $p0
   local.get $l4
   i32.store offset=9176
   local.get $l8
   return
   unreachable
  end)
