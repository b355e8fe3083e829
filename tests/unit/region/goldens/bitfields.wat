;; shifts, masks and bit counts
;;   0  ubfx x0, x1, #5, #9
;;   4  sbfiz w2, w0, #3, #4
;;   8  bfi x3, x0, #8, #8
;;   c  extr x4, x3, x2, #13
;;  10  rbit w5, w4
;;  14  clz x6, x5
;;  18  rev x7, x6
;;  1c  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 4 i32, 19 i64
  block $B0 (result i64)
   local.get $p0
   i32.load offset=9176
   local.set $l4
   local.get $p0
   i64.load offset=8
   local.set $l13
   local.get $p0
   i64.load offset=24
   local.set $l14
   local.get $p0
   i64.load offset=240
   local.set $l15
   local.get $l4
   i32.const 8
   i32.sub
   local.set $l4
   local.get $l13
   i32.const 50
   i64.extend_i32_u
   i64.shl
   i32.const 55
   i64.extend_i32_u
   i64.shr_u
   local.set $l16
   local.get $l16
   i32.const 60
   i64.extend_i32_u
   i64.shl
   i32.const 57
   i64.extend_i32_u
   i64.shr_s
   i64.const 4294967295
   i64.and
   local.set $l17
   i32.const 56
   i64.extend_i32_u
   local.set $l18
   i32.const 48
   i64.extend_i32_u
   local.set $l19
   local.get $l14
   i64.const -1
   local.get $l18
   i64.shl
   local.get $l19
   i64.shr_u
   i64.const -1
   i64.xor
   i64.and
   local.get $l16
   local.get $l18
   i64.shl
   local.get $l19
   i64.shr_u
   i64.or
   local.set $l14
   i32.const 13
   i64.extend_i32_u
   local.set $l18
   local.get $l14
   i64.const 1
   i64.shl
   local.get $l18
   i64.const 63
   i64.xor
   i64.shl
   local.get $l17
   local.get $l18
   i64.shr_u
   i64.or
   local.set $l20
   local.get $l20
   i32.wrap_i64
   i64.extend_i32_u
   local.set $l18
   local.get $l18
   i64.const 1
   i64.shr_u
   i64.const 6148914691236517205
   i64.and
   local.get $l18
   i64.const 6148914691236517205
   i64.and
   i64.const 1
   i64.shl
   i64.or
   local.set $l19
   local.get $l19
   i64.const 2
   i64.shr_u
   i64.const 3689348814741910323
   i64.and
   local.get $l19
   i64.const 3689348814741910323
   i64.and
   i64.const 2
   i64.shl
   i64.or
   local.set $l21
   local.get $l21
   i64.const 4
   i64.shr_u
   i64.const 1085102592571150095
   i64.and
   local.get $l21
   i64.const 1085102592571150095
   i64.and
   i64.const 4
   i64.shl
   i64.or
   local.set $l22
   local.get $l22
   i64.const 8
   i64.shr_u
   i64.const 71777214294589695
   i64.and
   local.get $l22
   i64.const 71777214294589695
   i64.and
   i64.const 8
   i64.shl
   i64.or
   local.set $l23
   local.get $l23
   i64.const 16
   i64.shr_u
   i64.const 281470681808895
   i64.and
   local.get $l23
   i64.const 281470681808895
   i64.and
   i64.const 16
   i64.shl
   i64.or
   i64.const 32
   i64.rotr
   i64.const 32
   i64.shr_u
   i32.wrap_i64
   i64.extend_i32_u
   local.set $l24
   local.get $l24
   i64.clz
   local.set $l25
   local.get $l25
   i64.const 8
   i64.shr_u
   i64.const 71777214294589695
   i64.and
   local.get $l25
   i64.const 71777214294589695
   i64.and
   i64.const 8
   i64.shl
   i64.or
   local.set $l18
   local.get $l18
   i64.const 16
   i64.shr_u
   i64.const 281470681808895
   i64.and
   local.get $l18
   i64.const 281470681808895
   i64.and
   i64.const 16
   i64.shl
   i64.or
   i64.const 32
   i64.rotr
   local.set $l26
   local.get $l15
   local.set $l11
   local.get $p0
   local.get $l16
   i64.store
   local.get $p0
   local.get $l17
   i64.store offset=16
   local.get $p0
   local.get $l14
   i64.store offset=24
   local.get $p0
   local.get $l20
   i64.store offset=32
   local.get $p0
   local.get $l24
   i64.store offset=40
   local.get $p0
   local.get $l25
   i64.store offset=48
   local.get $p0
   local.get $l26
   i64.store offset=56
   local.get $p0
   local.get $l4
   i32.store offset=9176
   local.get $l11
   return
   unreachable
  end)
