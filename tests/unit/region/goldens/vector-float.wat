;; a lane-wise multiply-add
;;   0  ld1 {v0.4s, v1.4s}, [x0], #32
;;   4  fmla v2.4s, v0.4s, v1.s[2]
;;   8  fmul v3.4s, v0.4s, v1.4s
;;   c  st1 {v2.4s}, [x1]
;;  10  ret
 (func $r0.0 (type $t3) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 10 i32, 7 i64, 7 v128, 4 f32
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      local.get $p0
      i32.load offset=9176
      local.set $l4
      local.get $l4
      i32.const -5
      i32.add
      local.set $l4
      local.get $p0
      i64.load
      local.set $l5
      local.get $p0
      i64.load offset=9392
      local.set $l8
      local.get $p0
      i64.load offset=9400
      local.set $l9
      local.get $p0
      i32.load offset=9120
      local.set $l10
      i32.const 536952832
      local.set $l11
      local.get $p0
      i32.load offset=9120
      br_if $B2
      local.get $l5
      local.set $l12
      i32.const 268517376
      local.set $l11
      local.get $p0
      local.get $l12
      i64.const 7
      i64.shr_u
      i32.wrap_i64
      i32.const 131040
      i32.and
      i32.add
      local.tee $l13
      i64.load offset=12288
      local.get $l12
      i64.const 31
      i64.add
      i64.const -4096
      i64.and
      local.get $l9
      local.get $l8
      local.get $l12
      i64.const 0
      i64.lt_s
      select
      i64.or
      i64.ne
      br_if $B2
      local.get $l12
      i32.wrap_i64
      local.get $l13
      i32.load offset=12304
      i32.add
      local.set $l14
      local.get $l14
      v128.load align=1
      local.set $l6
      local.get $l14
      v128.load offset=16 align=1
      local.set $l7
      local.get $l5
      i64.const 32
      i64.add
      local.set $l5
      local.get $p0
      v128.load offset=304
      local.set $l15
      local.get $p0
      i32.load offset=9120
      local.set $l10
      local.get $l15
      local.set $l16
      local.get $l7
      f32x4.extract_lane 2
      f32x4.splat
      local.set $l17
      local.get $p0
      local.get $l6
      f32x4.extract_lane 0
      local.get $l17
      f32x4.extract_lane 0
      local.get $l16
      f32x4.extract_lane 0
      call $core.fpFused32
      local.set $l18
      local.get $p0
      local.get $l6
      f32x4.extract_lane 1
      local.get $l17
      f32x4.extract_lane 1
      local.get $l16
      f32x4.extract_lane 1
      call $core.fpFused32
      local.set $l19
      local.get $p0
      local.get $l6
      f32x4.extract_lane 2
      local.get $l17
      f32x4.extract_lane 2
      local.get $l16
      f32x4.extract_lane 2
      call $core.fpFused32
      local.set $l20
      local.get $p0
      local.get $l6
      f32x4.extract_lane 3
      local.get $l17
      f32x4.extract_lane 3
      local.get $l16
      f32x4.extract_lane 3
      call $core.fpFused32
      local.set $l21
      v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
      local.get $l18
      f32x4.replace_lane 0
      local.get $l19
      f32x4.replace_lane 1
      local.get $l20
      f32x4.replace_lane 2
      local.get $l21
      f32x4.replace_lane 3
      local.set $l22
      local.get $l22
      local.get $l22
      f32x4.eq
      i32x4.all_true
      if $I4
       local.get $l22
       local.set $l15
      else
       local.get $p0
       local.get $l6
       v128.store offset=272
       local.get $p0
       local.get $l7
       v128.store offset=288
       local.get $p0
       local.get $l15
       v128.store offset=304
       i32.const 360725842
       local.get $p0
       i32.const 304
       i32.add
       local.get $p0
       i32.const 272
       i32.add
       local.get $p0
       i32.const 296
       i32.add
       local.get $p0
       i32.const 304
       i32.add
       call $core.fp
       local.get $p0
       v128.load offset=304
       local.set $l15
      end
      local.get $p0
      v128.load offset=320
      local.set $l23
      local.get $p0
      i32.load offset=9120
      local.set $l10
      local.get $l6
      local.get $l7
      f32x4.mul
      local.set $l16
      local.get $l16
      f32x4.abs
      local.set $l17
      local.get $p0
      i32.load offset=864
      local.set $l13
      local.get $l17
      v128.const i32x4 0x00800000 0x00800000 0x00800000 0x00800000
      f32x4.gt
      local.get $l17
      v128.const i32x4 0x7f800000 0x7f800000 0x7f800000 0x7f800000
      f32x4.lt
      v128.and
      local.get $l16
      v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
      f32x4.eq
      local.get $l6
      v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
      f32x4.eq
      local.get $l7
      v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
      f32x4.eq
      v128.or
      v128.and
      v128.or
      i32x4.all_true
      local.get $l13
      i32.eqz
      i32.and
      if $I5
       local.get $p0
       i32.load offset=868
       local.set $l14
       local.get $l14
       i32.const 16
       i32.and
       i32.eqz
       if $I6
        local.get $p0
        local.get $l6
        f32x4.extract_lane 0
        local.get $l7
        f32x4.extract_lane 0
        local.get $l16
        f32x4.extract_lane 0
        call $core.fpMulInexact32
        local.set $l24
        local.get $p0
        local.get $l6
        f32x4.extract_lane 1
        local.get $l7
        f32x4.extract_lane 1
        local.get $l16
        f32x4.extract_lane 1
        call $core.fpMulInexact32
        local.set $l25
        local.get $p0
        local.get $l6
        f32x4.extract_lane 2
        local.get $l7
        f32x4.extract_lane 2
        local.get $l16
        f32x4.extract_lane 2
        call $core.fpMulInexact32
        local.set $l26
        local.get $p0
        local.get $l6
        f32x4.extract_lane 3
        local.get $l7
        f32x4.extract_lane 3
        local.get $l16
        f32x4.extract_lane 3
        call $core.fpMulInexact32
        local.set $l27
        local.get $l24
        local.get $l25
        i32.or
        local.get $l26
        i32.or
        local.get $l27
        i32.or
        if $I7
         local.get $p0
         i32.load offset=868
         local.set $l28
         local.get $p0
         local.get $l28
         i32.const 16
         i32.or
         i32.store offset=868
        end
       end
       local.get $l16
       local.set $l23
      else
       local.get $p0
       local.get $l6
       v128.store offset=272
       local.get $p0
       local.get $l7
       v128.store offset=288
       local.get $p0
       local.get $l23
       v128.store offset=320
       i32.const 293616962
       local.get $p0
       i32.const 320
       i32.add
       local.get $p0
       i32.const 272
       i32.add
       local.get $p0
       i32.const 288
       i32.add
       local.get $p0
       i32.const 320
       i32.add
       call $core.fp
       local.get $p0
       v128.load offset=320
       local.set $l23
      end
      local.get $p0
      local.get $l5
      i64.store
      local.get $p0
      local.get $l6
      v128.store offset=272
      local.get $p0
      local.get $l7
      v128.store offset=288
      local.get $p0
      local.get $l15
      v128.store offset=304
      local.get $p0
      local.get $l23
      v128.store offset=320
      local.get $p0
      i64.load offset=8
      local.set $l29
      local.get $p0
      i32.load offset=9120
      local.set $l10
      local.get $l29
      local.set $l12
      i32.const 268468236
      local.set $l11
      local.get $p0
      local.get $l12
      i64.const 7
      i64.shr_u
      i32.wrap_i64
      i32.const 131040
      i32.and
      i32.add
      local.tee $l13
      i64.load offset=12296
      local.get $l12
      i64.const 15
      i64.add
      i64.const -4096
      i64.and
      local.get $l9
      local.get $l8
      local.get $l12
      i64.const 0
      i64.lt_s
      select
      i64.or
      i64.ne
      br_if $B2
      local.get $l12
      i32.wrap_i64
      local.get $l13
      i32.load offset=12304
      i32.add
      local.get $l15
      v128.store align=1
      local.get $p0
      i64.load offset=240
      local.set $l30
      local.get $l30
      local.set $l31
      br $B3
     end
     local.get $p0
     local.get $l4
     i32.store offset=9176
     local.get $l31
     return
    end
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
   local.set $l31
   local.get $l11
   i32.const 8192
   i32.and
   if $I8
    local.get $l31
    return
   end
   local.get $p0
   local.get $l31
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
