;; two loops, the inner one with a conditional
;;   0  mov x3, x4
;;   4  ldr w5, [x3], #4
;;   8  cmp w5, w6
;;   c  b.le 0x14
;;  10  mov w6, w5
;;  14  cmp x3, x7
;;  18  b.ne 0x4
;;  1c  subs x8, x8, #0x1
;;  20  b.ne 0x0
;;  24  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 12 i64, 6 i32
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      local.get $p0
      i32.load offset=9176
      local.set $l6
      local.get $p0
      i32.load offset=9180
      local.set $l7
      local.get $p0
      i64.load offset=9184
      local.set $l8
      local.get $p0
      i64.load offset=9192
      local.set $l9
      local.get $p0
      i64.load offset=9400
      local.get $p0
      i64.load offset=9392
      local.get $p2
      i64.const 0
      i64.lt_s
      select
      local.set $l15
      i64.const 36028797018963968
      local.set $l4
      local.get $p0
      i64.load offset=32
      local.set $l10
      local.get $p0
      i64.load offset=40
      local.set $l17
      local.get $p0
      i64.load offset=48
      local.set $l18
      local.get $p0
      i64.load offset=56
      local.set $l19
      local.get $p0
      i64.load offset=64
      local.set $l20
      loop $L4
       local.get $l6
       i32.const -1
       i32.add
       local.set $l6
       local.get $l10
       local.set $l11
       loop $L5
        block $B6
         local.get $l6
         i32.const -3
         i32.add
         local.set $l6
         local.get $l11
         local.set $l12
         local.get $l12
         local.get $l4
         i64.sub
         i64.const 4092
         i64.gt_u
         if $I7
          i32.const 268484612
          local.set $l16
          local.get $p0
          local.get $l12
          i64.const 7
          i64.shr_u
          i32.wrap_i64
          i32.const 131040
          i32.and
          i32.add
          local.tee $l14
          i64.load offset=12288
          local.get $l12
          i64.const 3
          i64.add
          i64.const -4096
          i64.and
          local.get $l15
          i64.or
          i64.ne
          br_if $B2
          local.get $l12
          i32.wrap_i64
          local.get $l14
          i32.load offset=12304
          i32.add
          local.set $l13
          local.get $l12
          i64.const -4096
          i64.and
          local.set $l4
          local.get $l4
          i32.wrap_i64
          local.get $l14
          i32.load offset=12304
          i32.add
          local.set $l5
         else
          local.get $l12
          local.get $l4
          i64.sub
          i32.wrap_i64
          local.get $l5
          i32.add
          local.set $l13
         end
         local.get $l13
         i64.load32_u align=1
         local.set $l17
         local.get $l11
         i64.const 4
         i64.add
         local.set $l11
         local.get $l18
         i32.wrap_i64
         local.set $l13
         local.get $l17
         i32.wrap_i64
         i64.extend_i32_u
         local.set $l8
         local.get $l13
         i64.extend_i32_u
         local.set $l9
         i32.const 3
         local.set $l7
         local.get $l17
         i32.wrap_i64
         local.get $l13
         i32.sub
         i64.extend_i32_u
         drop
         local.get $l8
         i32.wrap_i64
         local.get $l9
         i32.wrap_i64
         i32.le_s
         if $I8
          br $B6
         else
          local.get $l6
          i32.const -1
          i32.add
          local.set $l6
          local.get $l17
          i32.wrap_i64
          i64.extend_i32_u
          local.set $l18
          br $B6
         end
        end
        local.get $l6
        i32.const -2
        i32.add
        local.set $l6
        local.get $l19
        local.set $l12
        local.get $l11
        local.set $l8
        local.get $l12
        local.set $l9
        i32.const 4
        local.set $l7
        local.get $l11
        local.get $l12
        i64.sub
        drop
        local.get $l8
        local.get $l9
        i64.ne
        if $I9
         i32.const 1073750020
         local.set $l16
         local.get $l6
         i32.const 0
         i32.le_s
         br_if $B2
         br $L5
        else
         local.get $l6
         i32.const -2
         i32.add
         local.set $l6
         local.get $l20
         local.set $l8
         i64.const 1
         local.set $l9
         i32.const 4
         local.set $l7
         local.get $l20
         i64.const 1
         i64.sub
         local.set $l20
         local.get $l8
         local.get $l9
         i64.ne
         if $I10
          i32.const 1073750016
          local.set $l16
          local.get $l6
          i32.const 0
          i32.le_s
          br_if $B2
          br $L4
         else
          local.get $p0
          local.get $l11
          i64.store offset=24
          local.get $p0
          local.get $l17
          i64.store offset=40
          local.get $p0
          local.get $l18
          i64.store offset=48
          local.get $p0
          local.get $l20
          i64.store offset=64
          local.get $l6
          i32.const -1
          i32.add
          local.set $l6
          local.get $p0
          i64.load offset=240
          local.set $l10
          local.get $l10
          local.set $l21
          local.get $p0
          local.get $l7
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
      end
     end
     local.get $p0
     local.get $l6
     i32.store offset=9176
     local.get $l21
     return
    end
    local.get $p0
    local.get $l11
    i64.store offset=24
    local.get $p0
    local.get $l17
    i64.store offset=40
    local.get $p0
    local.get $l18
    i64.store offset=48
    local.get $p0
    local.get $l20
    i64.store offset=64
    local.get $p0
    local.get $l7
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
   local.get $l6
   local.get $l16
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l16
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l16
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l21
   local.get $l16
   i32.const 8192
   i32.and
   if $I11
    local.get $l21
    return
   end
   local.get $p0
   local.get $l21
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
