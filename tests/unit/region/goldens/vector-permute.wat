;; table, zip and extract
;;   0  tbl v0.16b, {v1.16b}, v2.16b
;;   4  zip1 v3.8h, v0.8h, v1.8h
;;   8  ext v4.16b, v3.16b, v0.16b, #5
;;   c  umov w0, v4.b[3]
;;  10  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 3 i32, 5 v128, 3 i64
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
      v128.load offset=288
      local.set $l6
      local.get $p0
      v128.load offset=304
      local.set $l7
      local.get $p0
      i32.load offset=9120
      local.set $l8
      i32.const 536952832
      local.set $l9
      local.get $p0
      i32.load offset=9120
      br_if $B2
      local.get $l6
      local.get $l7
      i8x16.swizzle
      v128.const i32x4 0xffffffff 0xffffffff 0xffffffff 0xffffffff
      i64.const -1
      i64x2.replace_lane 1
      v128.and
      local.set $l5
      local.get $p0
      i32.load offset=9120
      local.set $l8
      local.get $l5
      local.get $l6
      i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
      local.set $l10
      local.get $p0
      i32.load offset=9120
      local.set $l8
      v128.const i32x4 0x03020100 0x07060504 0x0b0a0908 0x0f0e0d0c
      i32.const 5
      i8x16.splat
      i8x16.add
      local.set $l11
      local.get $l10
      local.get $l11
      i8x16.swizzle
      local.get $l5
      local.get $l11
      v128.const i32x4 0x10101010 0x10101010 0x10101010 0x10101010
      i8x16.sub
      i8x16.swizzle
      v128.or
      local.set $l7
      local.get $p0
      i32.load offset=9120
      local.set $l8
      local.get $l7
      i8x16.extract_lane_u 3
      i64.extend_i32_u
      local.set $l12
      local.get $p0
      i64.load offset=240
      local.set $l13
      local.get $l13
      local.set $l14
      local.get $p0
      local.get $l12
      i64.store
      local.get $p0
      local.get $l5
      v128.store offset=272
      local.get $p0
      local.get $l10
      v128.store offset=320
      local.get $p0
      local.get $l7
      v128.store offset=336
      br $B3
     end
     local.get $p0
     local.get $l4
     i32.store offset=9176
     local.get $l14
     return
    end
    br $B1
   end
   local.get $p0
   local.get $l4
   local.get $l9
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l9
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l9
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l14
   local.get $l9
   i32.const 8192
   i32.and
   if $I4
    local.get $l14
    return
   end
   local.get $p0
   local.get $l14
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
