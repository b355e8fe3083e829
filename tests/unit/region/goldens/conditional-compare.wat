;; CCMP and selects
;;   0  cmp x0, #0x4
;;   4  ccmp x1, #0x7, #0x4, ne
;;   8  csel x2, x3, x4, lt
;;   c  cset w5, hi
;;  10  cinc x6, x6, eq
;;  14  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 4 i32, 15 i64
  block $B0 (result i64)
   local.get $p0
   i32.load offset=9176
   local.set $l4
   local.get $p0
   i64.load
   local.set $l13
   local.get $p0
   i64.load offset=8
   local.set $l14
   local.get $p0
   i64.load offset=24
   local.set $l15
   local.get $p0
   i64.load offset=32
   local.set $l16
   local.get $p0
   i64.load offset=48
   local.set $l17
   local.get $p0
   i64.load offset=240
   local.set $l18
   local.get $l4
   i32.const 6
   i32.sub
   local.set $l4
   local.get $l13
   local.set $l9
   i64.const 4
   local.set $l10
   i32.const 4
   local.set $l8
   local.get $l13
   i64.const 4
   i64.sub
   drop
   i32.const 7
   i64.extend_i32_u
   local.set $l19
   local.get $l14
   local.get $l19
   i64.sub
   local.set $l20
   local.get $l20
   i64.const 60
   i64.shr_u
   i32.wrap_i64
   i32.const 8
   i32.and
   local.get $l20
   i64.eqz
   i32.const 2
   i32.shl
   i32.or
   local.get $l14
   local.get $l19
   i64.ge_u
   i32.const 1
   i32.shl
   i32.or
   local.get $l14
   local.get $l19
   i64.xor
   local.get $l14
   local.get $l20
   i64.xor
   i64.and
   i64.const 63
   i64.shr_u
   i32.wrap_i64
   i32.or
   i32.const 4
   local.get $l9
   local.get $l10
   i64.ne
   select
   i64.extend_i32_u
   local.set $l9
   i32.const 0
   local.set $l8
   local.get $l15
   local.get $l16
   i32.const 21930
   local.get $l9
   i32.wrap_i64
   i32.shr_u
   i32.const 1
   i32.and
   select
   local.set $l21
   i32.const 0
   i32.const 0
   i32.const 1
   i32.add
   i32.const 62451
   local.get $l9
   i32.wrap_i64
   i32.shr_u
   i32.const 1
   i32.and
   select
   i64.extend_i32_u
   local.set $l22
   local.get $l17
   local.get $l17
   i64.const 1
   i64.add
   i32.const 3855
   local.get $l9
   i32.wrap_i64
   i32.shr_u
   i32.const 1
   i32.and
   select
   local.set $l17
   local.get $l18
   local.set $l11
   local.get $p0
   local.get $l21
   i64.store offset=16
   local.get $p0
   local.get $l22
   i64.store offset=40
   local.get $p0
   local.get $l17
   i64.store offset=48
   local.get $p0
   local.get $l8
   i32.store offset=9180
   local.get $p0
   local.get $l9
   i64.store offset=9184
   local.get $p0
   local.get $l10
   i64.store offset=9192
   local.get $p0
   local.get $l4
   i32.store offset=9176
   local.get $l11
   return
   unreachable
  end)
