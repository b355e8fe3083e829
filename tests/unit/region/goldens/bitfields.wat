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
  ;; locals: 1 i32, 10 i64
  block $B0 (result i64)
   block $B1
    local.get $p0
    i32.load offset=9176
    local.set $l4
    local.get $l4
    i32.const -8
    i32.add
    local.set $l4
    local.get $p0
    i64.load offset=8
    local.set $l6
    local.get $l6
    i64.const 50
    i64.shl
    i64.const 55
    i64.shr_u
    local.set $l5
    local.get $l5
    i64.const 60
    i64.shl
    i64.const 57
    i64.shr_s
    i64.const 4294967295
    i64.and
    local.set $l7
    local.get $p0
    i64.load offset=24
    local.set $l8
    local.get $l8
    i64.const -1
    i64.const 56
    i64.shl
    i64.const 48
    i64.shr_u
    i64.const -1
    i64.xor
    i64.and
    local.get $l5
    i64.const 56
    i64.shl
    i64.const 48
    i64.shr_u
    i64.or
    local.set $l8
    local.get $l8
    i64.const 1
    i64.shl
    i64.const 50
    i64.shl
    local.get $l7
    i64.const 13
    i64.shr_u
    i64.or
    local.set $l6
    local.get $p0
    local.get $l5
    i64.store
    local.get $l6
    i32.wrap_i64
    i64.extend_i32_u
    local.set $l9
    local.get $l9
    i64.const 1
    i64.shr_u
    i64.const 6148914691236517205
    i64.and
    local.get $l9
    i64.const 6148914691236517205
    i64.and
    i64.const 1
    i64.shl
    i64.or
    local.set $l10
    local.get $l10
    i64.const 2
    i64.shr_u
    i64.const 3689348814741910323
    i64.and
    local.get $l10
    i64.const 3689348814741910323
    i64.and
    i64.const 2
    i64.shl
    i64.or
    local.set $l11
    local.get $l11
    i64.const 4
    i64.shr_u
    i64.const 1085102592571150095
    i64.and
    local.get $l11
    i64.const 1085102592571150095
    i64.and
    i64.const 4
    i64.shl
    i64.or
    local.set $l12
    local.get $l12
    i64.const 8
    i64.shr_u
    i64.const 71777214294589695
    i64.and
    local.get $l12
    i64.const 71777214294589695
    i64.and
    i64.const 8
    i64.shl
    i64.or
    local.set $l13
    local.get $l13
    i64.const 16
    i64.shr_u
    i64.const 281470681808895
    i64.and
    local.get $l13
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
    local.set $l5
    local.get $p0
    local.get $l7
    i64.store offset=16
    local.get $l5
    i64.clz
    local.set $l7
    local.get $p0
    local.get $l8
    i64.store offset=24
    local.get $l7
    i64.const 8
    i64.shr_u
    i64.const 71777214294589695
    i64.and
    local.get $l7
    i64.const 71777214294589695
    i64.and
    i64.const 8
    i64.shl
    i64.or
    local.set $l9
    local.get $l9
    i64.const 16
    i64.shr_u
    i64.const 281470681808895
    i64.and
    local.get $l9
    i64.const 281470681808895
    i64.and
    i64.const 16
    i64.shl
    i64.or
    i64.const 32
    i64.rotr
    local.set $l8
    local.get $p0
    local.get $l6
    i64.store offset=32
    local.get $p0
    i64.load offset=240
    local.set $l6
    local.get $l6
    local.set $l14
    local.get $p0
    local.get $l5
    i64.store offset=40
    local.get $p0
    local.get $l7
    i64.store offset=48
    local.get $p0
    local.get $l8
    i64.store offset=56
    br $B1
   end
   local.get $p0
   local.get $l4
   i32.store offset=9176
   local.get $l14
   return
   unreachable
  end)
