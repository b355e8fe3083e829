;; AES and CRC32
;;   0  aese v0.16b, v1.16b
;;   4  aesmc v0.16b, v0.16b
;;   8  crc32cx w0, w0, x1
;;   c  ret
 (func $r0.0 (type $t1) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 3 i32, 4 v128, 5 i64
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      local.get $p0
      i32.load offset=9176
      local.set $l4
      local.get $l4
      i32.const -4
      i32.add
      local.set $l4
      local.get $p0
      v128.load offset=272
      local.set $l5
      local.get $p0
      v128.load offset=288
      local.set $l6
      local.get $p0
      i32.load offset=9120
      local.set $l7
      i32.const 536936448
      local.set $l8
      local.get $p0
      i32.load offset=9120
      br_if $B2
      local.get $l5
      local.get $l6
      v128.xor
      local.set $l9
      local.get $p0
      local.get $l9
      local.get $l9
      i8x16.shuffle 0 5 10 15 4 9 14 3 8 13 2 7 12 1 6 11
      call $core.aesSubBytes
      local.set $l10
      local.get $l10
      local.set $l5
      local.get $p0
      i32.load offset=9120
      local.set $l7
      local.get $l5
      local.get $l5
      i8x16.shuffle 1 2 3 0 5 6 7 4 9 10 11 8 13 14 15 12
      local.set $l9
      local.get $l5
      local.get $l9
      v128.xor
      local.set $l10
      local.get $l10
      i32.const 1
      i8x16.shl
      local.get $l10
      i32.const 7
      i8x16.shr_s
      v128.const i32x4 0x1b1b1b1b 0x1b1b1b1b 0x1b1b1b1b 0x1b1b1b1b
      v128.and
      v128.xor
      local.get $l9
      v128.xor
      local.get $l5
      local.get $l5
      i8x16.shuffle 2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13
      v128.xor
      local.get $l5
      local.get $l5
      i8x16.shuffle 3 0 1 2 7 4 5 6 11 8 9 10 15 12 13 14
      v128.xor
      local.set $l5
      local.get $p0
      i64.load
      local.set $l11
      local.get $p0
      i64.load offset=8
      local.set $l12
      local.get $l11
      i32.wrap_i64
      i64.extend_i32_u
      local.get $l12
      i64.xor
      local.set $l13
      local.get $l13
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.const 2
      i32.shl
      i32.const 16448
      i32.add
      i32.load align=1
      local.get $l13
      i64.const 8
      i64.shr_u
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.const 2
      i32.shl
      i32.const 15424
      i32.add
      i32.load align=1
      i32.xor
      local.get $l13
      i64.const 16
      i64.shr_u
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.const 2
      i32.shl
      i32.const 14400
      i32.add
      i32.load align=1
      i32.xor
      local.get $l13
      i64.const 24
      i64.shr_u
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.const 2
      i32.shl
      i32.const 13376
      i32.add
      i32.load align=1
      i32.xor
      local.get $l13
      i64.const 32
      i64.shr_u
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.const 2
      i32.shl
      i32.const 12352
      i32.add
      i32.load align=1
      i32.xor
      local.get $l13
      i64.const 40
      i64.shr_u
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.const 2
      i32.shl
      i32.const 11328
      i32.add
      i32.load align=1
      i32.xor
      local.get $l13
      i64.const 48
      i64.shr_u
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.const 2
      i32.shl
      i32.const 10304
      i32.add
      i32.load align=1
      i32.xor
      local.get $l13
      i64.const 56
      i64.shr_u
      i32.wrap_i64
      i32.const 255
      i32.and
      i32.const 2
      i32.shl
      i32.const 9280
      i32.add
      i32.load align=1
      i32.xor
      i64.extend_i32_u
      local.set $l11
      local.get $p0
      i64.load offset=240
      local.set $l14
      local.get $l14
      local.set $l15
      local.get $p0
      local.get $l11
      i64.store
      local.get $p0
      local.get $l5
      v128.store offset=272
      br $B3
     end
     local.get $p0
     local.get $l4
     i32.store offset=9176
     local.get $l15
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
   local.set $l15
   local.get $l8
   i32.const 8192
   i32.and
   if $I4
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
