;; TBZ, CBNZ and a merge
;;   0  tbz w0, #3, 0xc
;;   4  add x1, x1, #0x1
;;   8  b 0x14
;;   c  cbnz w2, 0x14
;;  10  sub x1, x1, #0x2
;;  14  add x3, x1, x1
;;  18  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 4 i32, 10 i64
  block $B0 (result i64)
   local.get $p0
   i32.load offset=9176
   local.set $l4
   local.get $p0
   i64.load
   local.set $l13
   local.get $p0
   i64.load offset=8
   local.set $l14
   local.get $p0
   i64.load offset=16
   local.set $l15
   local.get $p0
   i64.load offset=240
   local.set $l16
   block $B1
    local.get $l4
    i32.const 1
    i32.sub
    local.set $l4
    local.get $l13
    i32.const 3
    i64.extend_i32_u
    i64.shr_u
    i32.wrap_i64
    i32.const 1
    i32.and
    i32.eqz
    if $I2
     local.get $l4
     i32.const 1
     i32.sub
     local.set $l4
     local.get $l15
     i32.wrap_i64
     i32.const 0
     i32.ne
     if $I3
      br $B1
     else
      local.get $l4
      i32.const 1
      i32.sub
      local.set $l4
      local.get $l14
      i64.const 2
      i64.sub
      local.set $l14
      br $B1
     end
    else
     local.get $l4
     i32.const 2
     i32.sub
     local.set $l4
     local.get $l14
     i64.const 1
     i64.add
     local.set $l14
     br $B1
    end
   end
   local.get $l4
   i32.const 2
   i32.sub
   local.set $l4
   local.get $l14
   local.get $l14
   i64.const 0
   i64.shl
   i64.add
   local.set $l17
   local.get $l16
   local.set $l11
   local.get $p0
   local.get $l14
   i64.store offset=8
   local.get $p0
   local.get $l17
   i64.store offset=24
   local.get $p0
   local.get $l4
   i32.store offset=9176
   local.get $l11
   return
   unreachable
  end)
