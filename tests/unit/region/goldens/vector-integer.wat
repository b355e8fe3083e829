;; adds, compares and a reduction
;;   0  ldr q0, [x0], #16
;;   4  add v1.4s, v1.4s, v0.4s
;;   8  cmgt v2.4s, v0.4s, v3.4s
;;   c  bic v1.16b, v1.16b, v2.16b
;;  10  subs x1, x1, #0x1
;;  14  b.ne 0x0
;;  18  addv s4, v1.4s
;;  1c  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 9 i64, 7 i32, 5 v128
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      block $B4
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
       i64.load offset=9392
       local.set $l16
       local.get $p0
       i64.load offset=9400
       local.set $l17
       i64.const 36028797018963968
       local.set $l4
       local.get $p0
       i64.load
       local.set $l13
       local.get $p0
       i64.load offset=8
       local.set $l22
       local.get $p0
       v128.load offset=272
       local.set $l18
       local.get $p0
       v128.load offset=288
       local.set $l19
       local.get $p0
       v128.load offset=304
       local.set $l21
       local.get $p0
       v128.load offset=320
       local.set $l20
       loop $L5
        local.get $l6
        i32.const -6
        i32.add
        local.set $l6
        local.get $p0
        i32.load offset=9120
        local.set $l10
        i32.const 536969216
        local.set $l11
        local.get $p0
        i32.load offset=9120
        br_if $B3
        local.get $l13
        local.set $l12
        local.get $l12
        local.get $l4
        i64.sub
        i64.const 4080
        i64.gt_u
        if $I6
         i32.const 268533760
         local.set $l11
         local.get $p0
         local.get $l12
         i64.const 7
         i64.shr_u
         i32.wrap_i64
         i32.const 131040
         i32.and
         i32.add
         local.tee $l15
         i64.load offset=12288
         local.get $l12
         i64.const 15
         i64.add
         i64.const -4096
         i64.and
         local.get $l17
         local.get $l16
         local.get $l12
         i64.const 0
         i64.lt_s
         select
         i64.or
         i64.ne
         br_if $B3
         local.get $l12
         i32.wrap_i64
         local.get $l15
         i32.load offset=12304
         i32.add
         local.set $l14
         local.get $l12
         i64.const -4096
         i64.and
         local.set $l4
         local.get $l4
         i32.wrap_i64
         local.get $l15
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
         local.set $l14
        end
        local.get $l14
        v128.load align=1
        local.set $l18
        local.get $l13
        i64.const 16
        i64.add
        local.set $l13
        local.get $p0
        i32.load offset=9120
        local.set $l10
        local.get $l19
        local.get $l18
        i32x4.add
        v128.const i32x4 0xffffffff 0xffffffff 0xffffffff 0xffffffff
        i64.const -1
        i64x2.replace_lane 1
        v128.and
        local.set $l19
        local.get $p0
        i32.load offset=9120
        local.set $l10
        local.get $l18
        local.get $l20
        i32x4.gt_s
        v128.const i32x4 0xffffffff 0xffffffff 0xffffffff 0xffffffff
        i64.const -1
        i64x2.replace_lane 1
        v128.and
        local.set $l21
        local.get $p0
        i32.load offset=9120
        local.set $l10
        local.get $l19
        local.get $l21
        v128.andnot
        v128.const i32x4 0xffffffff 0xffffffff 0xffffffff 0xffffffff
        i64.const -1
        i64x2.replace_lane 1
        v128.and
        local.set $l19
        local.get $l22
        local.set $l8
        i64.const 1
        local.set $l9
        i32.const 4
        local.set $l7
        local.get $l22
        i64.const 1
        i64.sub
        local.set $l22
        local.get $l8
        local.get $l9
        i64.ne
        if $I7
         i32.const 1073750016
         local.set $l11
         local.get $l6
         i32.const 0
         i32.le_s
         br_if $B3
         br $L5
        else
         local.get $p0
         local.get $l13
         i64.store
         local.get $p0
         local.get $l22
         i64.store offset=8
         local.get $p0
         local.get $l18
         v128.store offset=272
         local.get $p0
         local.get $l19
         v128.store offset=288
         local.get $p0
         local.get $l21
         v128.store offset=304
         local.get $l6
         i32.const -2
         i32.add
         local.set $l6
         local.get $p0
         v128.load offset=288
         local.set $l18
         local.get $p0
         i32.load offset=9120
         local.set $l10
         i32.const 536903704
         local.set $l11
         local.get $p0
         i32.load offset=9120
         br_if $B2
         local.get $l18
         local.get $l18
         local.get $l18
         i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
         i32x4.add
         local.set $l23
         local.get $l23
         local.get $l23
         local.get $l23
         i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 0 1 2 3
         i32x4.add
         v128.const i32x4 0xffffffff 0x00000000 0x00000000 0x00000000
         v128.and
         local.set $l19
         local.get $p0
         i64.load offset=240
         local.set $l13
         local.get $l13
         local.set $l24
         local.get $p0
         local.get $l19
         v128.store offset=336
         local.get $p0
         local.get $l7
         i32.store offset=9180
         local.get $p0
         local.get $l8
         i64.store offset=9184
         local.get $p0
         local.get $l9
         i64.store offset=9192
         br $B4
        end
       end
      end
      local.get $p0
      local.get $l6
      i32.store offset=9176
      local.get $l24
      return
     end
     local.get $p0
     local.get $l13
     i64.store
     local.get $p0
     local.get $l22
     i64.store offset=8
     local.get $p0
     local.get $l18
     v128.store offset=272
     local.get $p0
     local.get $l19
     v128.store offset=288
     local.get $p0
     local.get $l21
     v128.store offset=304
     br $B2
    end
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
   local.set $l24
   local.get $l11
   i32.const 8192
   i32.and
   if $I8
    local.get $l24
    return
   end
   local.get $p0
   local.get $l24
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
