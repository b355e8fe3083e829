;; the same by the host, and a vector of two
;;   0  ldr d1, [x0], #8
;;   4  ldr d2, [x1], #8
;;   8  fmadd d0, d1, d2, d0
;;   c  subs x2, x2, #0x1
;;  10  b.ne 0x0
;;  14  fmla v4.2s, v2.2s, v3.2s
;;  18  ret
 (func $r0.0 (type $t3) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 11 i64, 8 i32, 10 v128, 5 f64, 2 f32
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      block $B4
       local.get $p0
       i32.load offset=9176
       local.set $l8
       local.get $p0
       i32.load offset=9180
       local.set $l9
       local.get $p0
       i64.load offset=9184
       local.set $l10
       local.get $p0
       i64.load offset=9192
       local.set $l11
       local.get $p0
       i64.load offset=9392
       local.set $l18
       local.get $p0
       i64.load offset=9400
       local.set $l19
       i64.const 36028797018963968
       local.set $l4
       i64.const 36028797018963968
       local.set $l6
       local.get $p0
       i64.load
       local.set $l15
       local.get $p0
       i64.load offset=8
       local.set $l21
       local.get $p0
       i64.load offset=16
       local.set $l29
       local.get $p0
       v128.load offset=272
       local.set $l24
       local.get $p0
       v128.load offset=288
       local.set $l20
       local.get $p0
       v128.load offset=304
       local.set $l22
       loop $L5
        local.get $l8
        i32.const -5
        i32.add
        local.set $l8
        local.get $p0
        i32.load offset=9120
        local.set $l12
        i32.const 536952832
        local.set $l13
        local.get $p0
        i32.load offset=9120
        br_if $B3
        local.get $l15
        local.set $l14
        local.get $l14
        local.get $l4
        i64.sub
        i64.const 4088
        i64.gt_u
        if $I6
         i32.const 268517376
         local.set $l13
         local.get $p0
         local.get $l14
         i64.const 7
         i64.shr_u
         i32.wrap_i64
         i32.const 131040
         i32.and
         i32.add
         local.tee $l17
         i64.load offset=12288
         local.get $l14
         i64.const 7
         i64.add
         i64.const -4096
         i64.and
         local.get $l19
         local.get $l18
         local.get $l14
         i64.const 0
         i64.lt_s
         select
         i64.or
         i64.ne
         br_if $B3
         local.get $l14
         i32.wrap_i64
         local.get $l17
         i32.load offset=12304
         i32.add
         local.set $l16
         local.get $l14
         i64.const -4096
         i64.and
         local.set $l4
         local.get $l4
         i32.wrap_i64
         local.get $l17
         i32.load offset=12304
         i32.add
         local.set $l5
        else
         local.get $l14
         local.get $l4
         i64.sub
         i32.wrap_i64
         local.get $l5
         i32.add
         local.set $l16
        end
        v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
        local.get $l16
        i64.load align=1
        i64x2.replace_lane 0
        local.set $l20
        local.get $l15
        i64.const 8
        i64.add
        local.set $l15
        local.get $p0
        i32.load offset=9120
        local.set $l12
        local.get $l21
        local.set $l14
        local.get $l14
        local.get $l6
        i64.sub
        i64.const 4088
        i64.gt_u
        if $I7
         i32.const 268500996
         local.set $l13
         local.get $p0
         local.get $l14
         i64.const 7
         i64.shr_u
         i32.wrap_i64
         i32.const 131040
         i32.and
         i32.add
         local.tee $l17
         i64.load offset=12288
         local.get $l14
         i64.const 7
         i64.add
         i64.const -4096
         i64.and
         local.get $l19
         local.get $l18
         local.get $l14
         i64.const 0
         i64.lt_s
         select
         i64.or
         i64.ne
         br_if $B3
         local.get $l14
         i32.wrap_i64
         local.get $l17
         i32.load offset=12304
         i32.add
         local.set $l16
         local.get $l14
         i64.const -4096
         i64.and
         local.set $l6
         local.get $l6
         i32.wrap_i64
         local.get $l17
         i32.load offset=12304
         i32.add
         local.set $l7
        else
         local.get $l14
         local.get $l6
         i64.sub
         i32.wrap_i64
         local.get $l7
         i32.add
         local.set $l16
        end
        v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
        local.get $l16
        i64.load align=1
        i64x2.replace_lane 0
        local.set $l22
        local.get $l21
        i64.const 8
        i64.add
        local.set $l21
        local.get $p0
        i32.load offset=9120
        local.set $l12
        local.get $l20
        f64x2.extract_lane 0
        local.set $l23
        local.get $l24
        i64x2.extract_lane 0
        local.set $l14
        local.get $l14
        f64.reinterpret_i64
        local.set $l25
        local.get $l22
        f64x2.extract_lane 0
        local.set $l26
        local.get $l23
        f64x2.splat
        local.get $l26
        f64x2.splat
        local.get $l25
        f64x2.splat
        f64x2.relaxed_madd
        f64x2.extract_lane 0
        local.set $l27
        local.get $p0
        i32.load offset=864
        local.set $l16
        local.get $p0
        i32.load offset=868
        local.set $l17
        local.get $l27
        i64.reinterpret_f64
        i64.const 52
        i64.shr_u
        i32.wrap_i64
        i32.const 2047
        i32.and
        i32.const 2
        i32.sub
        i32.const 2045
        i32.lt_u
        local.get $l16
        local.get $l17
        i32.const -1
        i32.xor
        i32.const 16
        i32.and
        i32.or
        i32.eqz
        i32.and
        if $I8
         v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
         local.get $l27
         f64x2.replace_lane 0
         local.set $l24
        else
         local.get $p0
         local.get $l23
         local.get $l26
         local.get $l25
         call $core.fpFused64
         local.set $l28
         local.get $l28
         local.get $l28
         f64.eq
         if $I9
          v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
          local.get $l28
          f64x2.replace_lane 0
          local.set $l24
         else
          local.get $p0
          local.get $l24
          v128.store offset=272
          local.get $p0
          local.get $l20
          v128.store offset=288
          local.get $p0
          local.get $l22
          v128.store offset=304
          i32.const 805322386
          local.get $p0
          i32.const 272
          i32.add
          local.get $p0
          i32.const 288
          i32.add
          local.get $p0
          i32.const 304
          i32.add
          local.get $p0
          i32.const 272
          i32.add
          call $core.fp
          local.get $p0
          v128.load offset=272
          local.set $l24
         end
        end
        local.get $l29
        local.set $l10
        i64.const 1
        local.set $l11
        i32.const 4
        local.set $l9
        local.get $l29
        i64.const 1
        i64.sub
        local.set $l29
        local.get $l10
        local.get $l11
        i64.ne
        if $I10
         i32.const 1073750016
         local.set $l13
         local.get $l8
         i32.const 0
         i32.le_s
         br_if $B3
         br $L5
        else
         local.get $p0
         local.get $l15
         i64.store
         local.get $p0
         local.get $l21
         i64.store offset=8
         local.get $p0
         local.get $l29
         i64.store offset=16
         local.get $p0
         local.get $l24
         v128.store offset=272
         local.get $p0
         local.get $l20
         v128.store offset=288
         local.get $p0
         local.get $l22
         v128.store offset=304
         local.get $l8
         i32.const -2
         i32.add
         local.set $l8
         local.get $p0
         v128.load offset=304
         local.set $l20
         local.get $p0
         v128.load offset=320
         local.set $l22
         local.get $p0
         v128.load offset=336
         local.set $l24
         local.get $p0
         i32.load offset=9120
         local.set $l12
         i32.const 536903700
         local.set $l13
         local.get $p0
         i32.load offset=9120
         br_if $B2
         local.get $l24
         local.set $l30
         local.get $l30
         v128.const i32x4 0xffffffff 0xffffffff 0x00000000 0x00000000
         v128.and
         local.set $l31
         local.get $l22
         v128.const i32x4 0xffffffff 0xffffffff 0x00000000 0x00000000
         v128.and
         local.set $l32
         local.get $l20
         v128.const i32x4 0xffffffff 0xffffffff 0x00000000 0x00000000
         v128.and
         local.set $l33
         local.get $l33
         local.get $l32
         local.get $l31
         f32x4.relaxed_madd
         local.set $l34
         local.get $l34
         f32x4.abs
         local.set $l35
         local.get $p0
         i32.load offset=864
         local.set $l16
         local.get $p0
         i32.load offset=868
         local.set $l17
         local.get $l35
         v128.const i32x4 0x00800000 0x00800000 0x00800000 0x00800000
         f32x4.gt
         local.get $l35
         v128.const i32x4 0x7f800000 0x7f800000 0x7f800000 0x7f800000
         f32x4.lt
         v128.and
         local.get $l31
         v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
         f32x4.eq
         local.get $l33
         v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
         f32x4.eq
         local.get $l32
         v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
         f32x4.eq
         v128.or
         v128.and
         local.get $l34
         v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
         f32x4.eq
         v128.and
         v128.or
         i32x4.all_true
         local.get $l16
         local.get $l17
         i32.const -1
         i32.xor
         i32.const 16
         i32.and
         i32.or
         i32.eqz
         i32.and
         if $I11
          local.get $l34
          local.set $l24
         else
          local.get $p0
          local.get $l33
          f32x4.extract_lane 0
          local.get $l32
          f32x4.extract_lane 0
          local.get $l31
          f32x4.extract_lane 0
          call $core.fpFused32
          local.set $l36
          local.get $p0
          local.get $l33
          f32x4.extract_lane 1
          local.get $l32
          f32x4.extract_lane 1
          local.get $l31
          f32x4.extract_lane 1
          call $core.fpFused32
          local.set $l37
          v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
          local.get $l36
          f32x4.replace_lane 0
          local.get $l37
          f32x4.replace_lane 1
          local.set $l38
          local.get $l38
          local.get $l38
          f32x4.eq
          i32x4.all_true
          if $I12
           local.get $l38
           local.set $l24
          else
           local.get $p0
           local.get $l20
           v128.store offset=304
           local.get $p0
           local.get $l22
           v128.store offset=320
           local.get $p0
           local.get $l24
           v128.store offset=336
           i32.const 276839762
           local.get $p0
           i32.const 336
           i32.add
           local.get $p0
           i32.const 304
           i32.add
           local.get $p0
           i32.const 320
           i32.add
           local.get $p0
           i32.const 336
           i32.add
           call $core.fp
           local.get $p0
           v128.load offset=336
           local.set $l24
          end
         end
         local.get $p0
         i64.load offset=240
         local.set $l15
         local.get $l15
         local.set $l39
         local.get $p0
         local.get $l24
         v128.store offset=336
         local.get $p0
         local.get $l9
         i32.store offset=9180
         local.get $p0
         local.get $l10
         i64.store offset=9184
         local.get $p0
         local.get $l11
         i64.store offset=9192
         br $B4
        end
       end
      end
      local.get $p0
      local.get $l8
      i32.store offset=9176
      local.get $l39
      return
     end
     local.get $p0
     local.get $l15
     i64.store
     local.get $p0
     local.get $l21
     i64.store offset=8
     local.get $p0
     local.get $l29
     i64.store offset=16
     local.get $p0
     local.get $l24
     v128.store offset=272
     local.get $p0
     local.get $l20
     v128.store offset=288
     local.get $p0
     local.get $l22
     v128.store offset=304
     br $B2
    end
    local.get $p0
    local.get $l9
    i32.store offset=9180
    local.get $p0
    local.get $l10
    i64.store offset=9184
    local.get $p0
    local.get $l11
    i64.store offset=9192
    br $B1
   end
   local.get $p0
   local.get $l8
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
   local.set $l39
   local.get $l13
   i32.const 8192
   i32.and
   if $I13
    local.get $l39
    return
   end
   local.get $p0
   local.get $l39
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
