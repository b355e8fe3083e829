;; arithmetic and a comparison
;;   0  fmul d0, d1, d2
;;   4  fadd d0, d0, d3
;;   8  fcmp d0, d4
;;   c  b.gt 0x14
;;  10  fsub d0, d0, d5
;;  14  ret
 (func $r0.0 (type $t2) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 10 i32, 5 i64, 4 v128, 4 f64
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      block $B4
       local.get $p0
       i32.load offset=9176
       local.set $l4
       local.get $p0
       i32.load offset=9180
       local.set $l5
       local.get $p0
       i64.load offset=9184
       local.set $l6
       local.get $p0
       i64.load offset=9192
       local.set $l7
       block $B5
        local.get $l4
        i32.const -4
        i32.add
        local.set $l4
        local.get $p0
        v128.load offset=272
        local.set $l8
        local.get $p0
        v128.load offset=288
        local.set $l9
        local.get $p0
        v128.load offset=304
        local.set $l10
        local.get $p0
        i32.load offset=9120
        local.set $l11
        i32.const 536936448
        local.set $l12
        local.get $p0
        i32.load offset=9120
        br_if $B2
        local.get $l9
        f64x2.extract_lane 0
        local.set $l13
        local.get $l10
        f64x2.extract_lane 0
        local.set $l14
        local.get $l13
        local.get $l14
        f64.mul
        local.set $l15
        local.get $p0
        i32.load offset=864
        local.set $l16
        local.get $p0
        i32.load offset=868
        local.set $l17
        local.get $l15
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
        if $I6
         v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
         local.get $l15
         f64x2.replace_lane 0
         local.set $l8
        else
         local.get $l15
         f64.abs
         local.set $l18
         local.get $p0
         i32.load offset=864
         local.set $l19
         local.get $l18
         f64.const 0x1p-1022 (;=2.22507e-308;)
         f64.gt
         local.get $l18
         f64.const inf (;=inf;)
         f64.lt
         i32.and
         local.get $l15
         f64.const 0x0p+0 (;=0;)
         f64.eq
         local.get $l13
         f64.const 0x0p+0 (;=0;)
         f64.eq
         local.get $l14
         f64.const 0x0p+0 (;=0;)
         f64.eq
         i32.or
         i32.and
         i32.or
         local.get $l19
         i32.eqz
         i32.and
         if $I7
          local.get $p0
          i32.load offset=868
          local.set $l20
          local.get $l20
          i32.const 16
          i32.and
          i32.eqz
          if $I8
           local.get $p0
           local.get $l13
           local.get $l14
           local.get $l15
           call $core.fpMulInexact64
           local.set $l21
           local.get $l21
           if $I9
            local.get $p0
            i32.load offset=868
            local.set $l22
            local.get $p0
            local.get $l22
            i32.const 16
            i32.or
            i32.store offset=868
           end
          end
          v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
          local.get $l15
          f64x2.replace_lane 0
          local.set $l8
         else
          local.get $p0
          local.get $l8
          v128.store offset=272
          local.get $p0
          local.get $l9
          v128.store offset=288
          local.get $p0
          local.get $l10
          v128.store offset=304
          i32.const 805322370
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
          local.set $l8
         end
        end
        local.get $p0
        v128.load offset=320
        local.set $l23
        local.get $p0
        i32.load offset=9120
        local.set $l11
        local.get $l8
        i64x2.extract_lane 0
        local.set $l24
        local.get $l24
        f64.reinterpret_i64
        local.set $l13
        local.get $l23
        f64x2.extract_lane 0
        local.set $l14
        local.get $l13
        local.get $l14
        f64.add
        local.set $l15
        local.get $p0
        i32.load offset=864
        local.set $l16
        local.get $p0
        i32.load offset=868
        local.set $l17
        local.get $l15
        i64.reinterpret_f64
        i64.const 52
        i64.shr_u
        i32.wrap_i64
        i32.const 2047
        i32.and
        i32.const 2043
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
        if $I10
         v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
         local.get $l15
         f64x2.replace_lane 0
         local.set $l8
        else
         local.get $p0
         i32.load offset=864
         local.set $l19
         local.get $l15
         f64.abs
         f64.const 0x1p+1020 (;=1.12356e+307;)
         f64.lt
         local.get $l19
         i32.eqz
         i32.and
         if $I11
          local.get $p0
          i32.load offset=868
          local.set $l20
          local.get $l20
          i32.const 16
          i32.and
          i32.eqz
          if $I12
           local.get $p0
           local.get $l13
           local.get $l14
           local.get $l15
           call $core.fpAddInexact64
           local.set $l21
           local.get $l21
           if $I13
            local.get $p0
            i32.load offset=868
            local.set $l22
            local.get $p0
            local.get $l22
            i32.const 16
            i32.or
            i32.store offset=868
           end
          end
          v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
          local.get $l15
          f64x2.replace_lane 0
          local.set $l8
         else
          local.get $p0
          local.get $l8
          v128.store offset=272
          local.get $p0
          local.get $l23
          v128.store offset=320
          i32.const 805322368
          local.get $p0
          i32.const 272
          i32.add
          local.get $p0
          i32.const 272
          i32.add
          local.get $p0
          i32.const 320
          i32.add
          local.get $p0
          i32.const 272
          i32.add
          call $core.fp
          local.get $p0
          v128.load offset=272
          local.set $l8
         end
        end
        local.get $p0
        v128.load offset=336
        local.set $l9
        local.get $p0
        i32.load offset=9120
        local.set $l11
        local.get $l8
        f64x2.extract_lane 0
        local.set $l13
        local.get $l9
        f64x2.extract_lane 0
        local.set $l14
        local.get $p0
        i32.load offset=864
        local.set $l16
        local.get $l13
        local.get $l13
        f64.eq
        local.get $l14
        local.get $l14
        f64.eq
        i32.and
        local.get $l16
        i32.eqz
        i32.and
        if $I14
         i32.const 8
         i32.const 6
         i32.const 2
         local.get $l13
         local.get $l14
         f64.eq
         select
         local.get $l13
         local.get $l14
         f64.lt
         select
         i64.extend_i32_u
         local.set $l6
         i32.const 0
         local.set $l5
        else
         local.get $p0
         local.get $l8
         v128.store offset=272
         local.get $p0
         local.get $l9
         v128.store offset=336
         i32.const 268451486
         local.get $p0
         i32.const 272
         i32.add
         local.get $p0
         i32.const 272
         i32.add
         local.get $p0
         i32.const 336
         i32.add
         local.get $p0
         i32.const 272
         i32.add
         call $core.fp
         local.get $p0
         v128.load offset=272
         local.set $l8
         local.get $p0
         i32.load offset=808
         i64.extend_i32_u
         local.set $l6
         i32.const 0
         local.set $l5
        end
        local.get $p0
        local.get $l8
        v128.store offset=272
        i32.const 2565
        local.get $l6
        i32.wrap_i64
        i32.shr_u
        i32.const 1
        i32.and
        if $I15
         br $B5
        else
         local.get $l4
         i32.const -1
         i32.add
         local.set $l4
         local.get $p0
         v128.load offset=352
         local.set $l10
         local.get $p0
         i32.load offset=9120
         local.set $l11
         i32.const 536887312
         local.set $l12
         local.get $p0
         i32.load offset=9120
         br_if $B3
         local.get $l8
         i64x2.extract_lane 0
         local.set $l24
         local.get $l24
         f64.reinterpret_i64
         local.set $l13
         local.get $l10
         f64x2.extract_lane 0
         local.set $l14
         local.get $l13
         local.get $l14
         f64.sub
         local.set $l15
         local.get $p0
         i32.load offset=864
         local.set $l16
         local.get $p0
         i32.load offset=868
         local.set $l17
         local.get $l15
         i64.reinterpret_f64
         i64.const 52
         i64.shr_u
         i32.wrap_i64
         i32.const 2047
         i32.and
         i32.const 2043
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
         if $I16
          v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
          local.get $l15
          f64x2.replace_lane 0
          local.set $l8
         else
          local.get $p0
          i32.load offset=864
          local.set $l19
          local.get $l15
          f64.abs
          f64.const 0x1p+1020 (;=1.12356e+307;)
          f64.lt
          local.get $l19
          i32.eqz
          i32.and
          if $I17
           local.get $p0
           i32.load offset=868
           local.set $l20
           local.get $l20
           i32.const 16
           i32.and
           i32.eqz
           if $I18
            local.get $p0
            local.get $l13
            local.get $l14
            f64.neg
            local.get $l15
            call $core.fpAddInexact64
            local.set $l21
            local.get $l21
            if $I19
             local.get $p0
             i32.load offset=868
             local.set $l22
             local.get $p0
             local.get $l22
             i32.const 16
             i32.or
             i32.store offset=868
            end
           end
           v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
           local.get $l15
           f64x2.replace_lane 0
           local.set $l8
          else
           local.get $p0
           local.get $l8
           v128.store offset=272
           local.get $p0
           local.get $l10
           v128.store offset=352
           i32.const 805322369
           local.get $p0
           i32.const 272
           i32.add
           local.get $p0
           i32.const 272
           i32.add
           local.get $p0
           i32.const 352
           i32.add
           local.get $p0
           i32.const 272
           i32.add
           call $core.fp
           local.get $p0
           v128.load offset=272
           local.set $l8
          end
         end
         local.get $p0
         local.get $l8
         v128.store offset=272
         br $B5
        end
       end
       local.get $l4
       i32.const -1
       i32.add
       local.set $l4
       local.get $p0
       i64.load offset=240
       local.set $l25
       local.get $l25
       local.set $l26
       local.get $p0
       local.get $l5
       i32.store offset=9180
       local.get $p0
       local.get $l6
       i64.store offset=9184
       local.get $p0
       local.get $l7
       i64.store offset=9192
       br $B4
      end
      local.get $p0
      local.get $l4
      i32.store offset=9176
      local.get $l26
      return
     end
     local.get $p0
     local.get $l5
     i32.store offset=9180
     local.get $p0
     local.get $l6
     i64.store offset=9184
     local.get $p0
     local.get $l7
     i64.store offset=9192
     br $B2
    end
    br $B1
   end
   local.get $p0
   local.get $l4
   local.get $l12
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l12
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l12
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l26
   local.get $l12
   i32.const 8192
   i32.and
   if $I20
    local.get $l26
    return
   end
   local.get $p0
   local.get $l26
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
