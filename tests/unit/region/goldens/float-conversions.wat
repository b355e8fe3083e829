;; to and from integers
;;   0  scvtf d0, x0
;;   4  fcvtzs w1, d0
;;   8  fcvt s2, d0
;;   c  fmov x3, d0
;;  10  ret
 (func $r0.0 (type $t2) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 7 i32, 6 i64, 2 v128, 2 f64, 2 f32
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
      v128.load offset=272
      local.set $l6
      local.get $p0
      i32.load offset=9120
      local.set $l7
      i32.const 536952832
      local.set $l8
      local.get $p0
      i32.load offset=9120
      br_if $B2
      local.get $p0
      i32.load offset=864
      local.set $l9
      local.get $l9
      i32.eqz
      if $I4
       local.get $p0
       i32.load offset=868
       local.set $l10
       local.get $l10
       i32.const 16
       i32.and
       i32.eqz
       if $I5
        local.get $l5
        i64.const 63
        i64.shr_s
        local.set $l11
        local.get $p0
        local.get $l5
        local.get $l11
        i64.xor
        local.get $l11
        i64.sub
        call $core.fpIntegerBits
        local.set $l12
        local.get $l12
        i32.const 53
        i32.gt_u
        if $I6
         local.get $p0
         i32.load offset=868
         local.set $l13
         local.get $p0
         local.get $l13
         i32.const 16
         i32.or
         i32.store offset=868
        end
       end
       v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
       local.get $l5
       f64.convert_i64_s
       f64x2.replace_lane 0
       local.set $l6
      else
       local.get $p0
       local.get $l5
       i64.store
       local.get $p0
       local.get $l6
       v128.store offset=272
       i32.const 805330595
       local.get $p0
       i32.const 272
       i32.add
       local.get $p0
       i32.const 0
       i32.add
       local.get $p0
       i32.const 0
       i32.add
       local.get $p0
       i32.const 272
       i32.add
       call $core.fp
       local.get $p0
       v128.load offset=272
       local.set $l6
      end
      local.get $p0
      i64.load offset=8
      local.set $l14
      local.get $p0
      i32.load offset=9120
      local.set $l7
      local.get $l6
      f64x2.extract_lane 0
      local.set $l15
      local.get $l15
      f64.trunc
      local.set $l16
      local.get $p0
      i32.load offset=864
      local.set $l9
      local.get $l16
      f64.abs
      f64.const 0x1p+31 (;=2.14748e+09;)
      f64.lt
      local.get $l9
      i32.eqz
      i32.and
      if $I7
       local.get $p0
       i32.load offset=868
       local.set $l10
       local.get $l10
       i32.const 16
       i32.and
       i32.eqz
       if $I8
        local.get $l16
        local.get $l15
        f64.ne
        if $I9
         local.get $p0
         i32.load offset=868
         local.set $l12
         local.get $p0
         local.get $l12
         i32.const 16
         i32.or
         i32.store offset=868
        end
       end
       local.get $l16
       i32.trunc_sat_f64_s
       i64.extend_i32_u
       local.set $l14
      else
       local.get $p0
       i64.const 0
       i64.store offset=9616
       local.get $p0
       local.get $l6
       v128.store offset=272
       i32.const 11937
       local.get $p0
       i32.const 9616
       i32.add
       local.get $p0
       i32.const 272
       i32.add
       local.get $p0
       i32.const 272
       i32.add
       local.get $p0
       i32.const 9616
       i32.add
       call $core.fp
       local.get $p0
       i64.load offset=9616
       local.set $l11
       local.get $l11
       local.set $l14
      end
      local.get $p0
      v128.load offset=304
      local.set $l17
      local.get $p0
      i32.load offset=9120
      local.set $l7
      local.get $l6
      f64x2.extract_lane 0
      local.set $l15
      local.get $l15
      f32.demote_f64
      local.set $l18
      local.get $l18
      f32.abs
      local.set $l19
      local.get $p0
      i32.load offset=864
      local.set $l9
      local.get $l19
      f32.const 0x1p-126 (;=1.17549e-38;)
      f32.gt
      local.get $l19
      f32.const inf (;=inf;)
      f32.lt
      i32.and
      local.get $l15
      f64.const 0x0p+0 (;=0;)
      f64.eq
      i32.or
      local.get $l9
      i32.eqz
      i32.and
      if $I10
       local.get $p0
       i32.load offset=868
       local.set $l10
       local.get $l10
       i32.const 16
       i32.and
       i32.eqz
       if $I11
        local.get $l18
        f64.promote_f32
        local.get $l15
        f64.ne
        if $I12
         local.get $p0
         i32.load offset=868
         local.set $l12
         local.get $p0
         local.get $l12
         i32.const 16
         i32.or
         i32.store offset=868
        end
       end
       v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
       local.get $l18
       f32x4.replace_lane 0
       local.set $l17
      else
       local.get $p0
       local.get $l6
       v128.store offset=272
       local.get $p0
       local.get $l17
       v128.store offset=304
       i32.const 805322144
       local.get $p0
       i32.const 304
       i32.add
       local.get $p0
       i32.const 272
       i32.add
       local.get $p0
       i32.const 272
       i32.add
       local.get $p0
       i32.const 304
       i32.add
       call $core.fp
       local.get $p0
       v128.load offset=304
       local.set $l17
      end
      local.get $p0
      i32.load offset=9120
      local.set $l7
      local.get $l6
      i64x2.extract_lane 0
      local.set $l20
      local.get $p0
      i64.load offset=240
      local.set $l21
      local.get $l21
      local.set $l22
      local.get $p0
      local.get $l14
      i64.store offset=8
      local.get $p0
      local.get $l20
      i64.store offset=24
      local.get $p0
      local.get $l6
      v128.store offset=272
      local.get $p0
      local.get $l17
      v128.store offset=304
      br $B3
     end
     local.get $p0
     local.get $l4
     i32.store offset=9176
     local.get $l22
     return
    end
    br $B1
   end
   local.get $p0
   local.get $l4
   local.get $l8
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l8
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l8
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l22
   local.get $l8
   i32.const 8192
   i32.and
   if $I13
    local.get $l22
    return
   end
   local.get $p0
   local.get $l22
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
