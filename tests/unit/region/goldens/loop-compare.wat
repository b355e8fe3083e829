;; flags that only the branch of a loop reads
;;   0  add x0, x0, x1
;;   4  subs x2, x2, #0x1
;;   8  b.ne 0x0
;;   c  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 3 i32, 6 i64
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      local.get $p0
      i32.load offset=9176
      local.set $l4
      local.get $p0
      i64.load
      local.set $l5
      local.get $p0
      i64.load offset=8
      local.set $l6
      local.get $p0
      i64.load offset=16
      local.set $l7
      loop $L4
       local.get $l4
       i32.const -3
       i32.add
       local.set $l4
       local.get $l5
       local.get $l6
       i64.add
       local.set $l5
       local.get $l7
       local.set $l8
       i64.const 1
       local.set $l9
       i32.const 4
       local.set $l10
       local.get $l7
       i64.const 1
       i64.sub
       local.set $l7
       local.get $l8
       local.get $l9
       i64.ne
       if $I5
        i32.const 1073750016
        local.set $l11
        local.get $l4
        i32.const 0
        i32.le_s
        br_if $B2
        br $L4
       else
        local.get $p0
        local.get $l5
        i64.store
        local.get $p0
        local.get $l7
        i64.store offset=16
        local.get $l4
        i32.const -1
        i32.add
        local.set $l4
        local.get $p0
        i64.load offset=240
        local.set $l5
        local.get $l5
        local.set $l12
        local.get $p0
        local.get $l10
        i32.store offset=9180
        local.get $p0
        local.get $l8
        i64.store offset=9184
        local.get $p0
        local.get $l9
        i64.store offset=9192
        br $B3
       end
      end
     end
     local.get $p0
     local.get $l4
     i32.store offset=9176
     local.get $l12
     return
    end
    local.get $p0
    local.get $l5
    i64.store
    local.get $p0
    local.get $l7
    i64.store offset=16
    local.get $p0
    local.get $l10
    i32.store offset=9180
    local.get $p0
    local.get $l8
    i64.store offset=9184
    local.get $p0
    local.get $l9
    i64.store offset=9192
    br $B1
   end
   local.get $p0
   local.get $l4
   local.get $l11
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l11
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l11
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l12
   local.get $l11
   i32.const 8192
   i32.and
   if $I6
    local.get $l12
    return
   end
   local.get $p0
   local.get $l12
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
