;; DSB, which completes broadcast maintenance
;;   0  dsb ish
;;   4  ret
 (func $r0.0 (type $t1) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 4 i32, 2 i64
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      local.get $p0
      i32.load offset=9176
      local.set $l4
      local.get $l4
      i32.const -2
      i32.add
      local.set $l4
      i32.const 0
      i32.load offset=8
      i32.const 1
      i32.gt_u
      if $I4
       atomic.fence
      end
      local.get $p0
      i32.load offset=9808
      local.set $l5
      local.get $l5
      if $I5
       local.get $p0
       call $core.completeMaintenance
       local.set $l6
       local.get $l6
       i32.eqz
       if $I6
        i32.const 805339136
        local.set $l7
        br $B2
       end
      end
      local.get $p0
      i64.load offset=240
      local.set $l8
      local.get $l8
      local.set $l9
      br $B3
     end
     local.get $p0
     local.get $l4
     i32.store offset=9176
     local.get $l9
     return
    end
    br $B1
   end
   local.get $p0
   local.get $l4
   local.get $l7
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l7
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l7
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l9
   local.get $l7
   i32.const 8192
   i32.and
   if $I7
    local.get $l9
    return
   end
   local.get $p0
   local.get $l9
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
