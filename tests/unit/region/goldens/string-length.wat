;; an exit in the middle of a loop
;;   0  mov x1, x0
;;   4  ldrb w2, [x1]
;;   8  cbz w2, 0x14
;;   c  add x1, x1, #0x1
;;  10  b 0x4
;;  14  sub x0, x1, x0
;;  18  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 7 i64, 5 i32
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      local.get $p0
      i32.load offset=9176
      local.set $l6
      local.get $l6
      i32.const -1
      i32.add
      local.set $l6
      local.get $p0
      i64.load
      local.set $l7
      local.get $l7
      local.set $l8
      local.get $p0
      local.get $l8
      i64.store offset=8
      local.get $p0
      i64.load offset=9400
      local.get $p0
      i64.load offset=9392
      local.get $p2
      i64.const 0
      i64.lt_s
      select
      local.set $l12
      i64.const 36028797018963968
      local.set $l4
      local.get $p0
      i64.load offset=8
      local.set $l7
      local.get $p0
      i64.load offset=16
      local.set $l8
      loop $L4
       local.get $l6
       i32.const -2
       i32.add
       local.set $l6
       local.get $l7
       local.set $l9
       local.get $l9
       local.get $l4
       i64.sub
       i64.const 4095
       i64.gt_u
       if $I5
        i32.const 268468228
        local.set $l13
        local.get $p0
        local.get $l9
        i64.const 7
        i64.shr_u
        i32.wrap_i64
        i32.const 131040
        i32.and
        i32.add
        local.tee $l11
        i64.load offset=12288
        local.get $l9
        i64.const -4096
        i64.and
        local.get $l12
        i64.or
        i64.ne
        br_if $B2
        local.get $l9
        i32.wrap_i64
        local.get $l11
        i32.load offset=12304
        i32.add
        local.set $l10
        local.get $l9
        i64.const -4096
        i64.and
        local.set $l4
        local.get $l4
        i32.wrap_i64
        local.get $l11
        i32.load offset=12304
        i32.add
        local.set $l5
       else
        local.get $l9
        local.get $l4
        i64.sub
        i32.wrap_i64
        local.get $l5
        i32.add
        local.set $l10
       end
       local.get $l10
       i64.load8_u
       local.set $l8
       local.get $l8
       i32.wrap_i64
       i32.eqz
       if $I6
        local.get $p0
        local.get $l7
        i64.store offset=8
        local.get $p0
        local.get $l8
        i64.store offset=16
        local.get $l6
        i32.const -2
        i32.add
        local.set $l6
        local.get $p0
        i64.load
        local.set $l7
        local.get $p0
        i64.load offset=8
        local.set $l8
        local.get $l8
        local.get $l7
        i64.sub
        local.set $l7
        local.get $p0
        i64.load offset=240
        local.set $l14
        local.get $l14
        local.set $l15
        local.get $p0
        local.get $l7
        i64.store
        br $B3
       else
        local.get $l6
        i32.const -2
        i32.add
        local.set $l6
        local.get $l7
        i64.const 1
        i64.add
        local.set $l7
        i32.const 1073750020
        local.set $l13
        local.get $l6
        i32.const 0
        i32.le_s
        br_if $B2
        br $L4
       end
      end
     end
     local.get $p0
     local.get $l6
     i32.store offset=9176
     local.get $l15
     return
    end
    local.get $p0
    local.get $l7
    i64.store offset=8
    local.get $p0
    local.get $l8
    i64.store offset=16
    br $B1
   end
   local.get $p0
   local.get $l6
   local.get $l13
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l13
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l13
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l15
   local.get $l13
   i32.const 8192
   i32.and
   if $I7
    local.get $l15
    return
   end
   local.get $p0
   local.get $l15
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
