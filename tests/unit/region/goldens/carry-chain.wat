;; flags through three instructions
;;   0  adds x0, x0, x4
;;   4  adcs x1, x1, x5
;;   8  adcs x2, x2, x6
;;   c  adc x3, x3, x7
;;  10  ret
 (func $r0.0 (type $t1) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 3 i32, 9 i64
  block $B0 (result i64)
   block $B1
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
    i64.load offset=32
    local.set $l6
    local.get $l6
    local.set $l7
    local.get $l5
    local.set $l8
    local.get $l7
    local.set $l9
    i32.const 2
    local.set $l10
    local.get $l5
    local.get $l7
    i64.add
    local.set $l5
    local.get $p0
    i64.load offset=8
    local.set $l11
    local.get $p0
    i64.load offset=40
    local.set $l12
    local.get $p0
    local.get $l10
    local.get $l8
    local.get $l9
    call $core.flags
    local.set $l13
    local.get $l11
    local.get $l12
    i64.add
    local.set $l7
    local.get $l7
    local.get $l13
    i32.const 1
    i32.shr_u
    i32.const 1
    i32.and
    i64.extend_i32_u
    i64.add
    local.set $l14
    local.get $l14
    i64.const 60
    i64.shr_u
    i32.wrap_i64
    i32.const 8
    i32.and
    local.get $l14
    i64.eqz
    i32.const 2
    i32.shl
    i32.or
    local.get $l7
    local.get $l11
    i64.lt_u
    local.get $l14
    local.get $l7
    i64.lt_u
    i32.or
    i32.const 1
    i32.shl
    i32.or
    local.get $l11
    local.get $l14
    i64.xor
    local.get $l12
    local.get $l14
    i64.xor
    i64.and
    i64.const 63
    i64.shr_u
    i32.wrap_i64
    i32.or
    i64.extend_i32_u
    local.set $l8
    i32.const 0
    local.set $l10
    local.get $l14
    local.set $l11
    local.get $p0
    local.get $l5
    i64.store
    local.get $p0
    i64.load offset=16
    local.set $l5
    local.get $p0
    i64.load offset=48
    local.set $l6
    local.get $l8
    i32.wrap_i64
    local.set $l13
    local.get $l5
    local.get $l6
    i64.add
    local.set $l7
    local.get $l7
    local.get $l13
    i32.const 1
    i32.shr_u
    i32.const 1
    i32.and
    i64.extend_i32_u
    i64.add
    local.set $l14
    local.get $l14
    i64.const 60
    i64.shr_u
    i32.wrap_i64
    i32.const 8
    i32.and
    local.get $l14
    i64.eqz
    i32.const 2
    i32.shl
    i32.or
    local.get $l7
    local.get $l5
    i64.lt_u
    local.get $l14
    local.get $l7
    i64.lt_u
    i32.or
    i32.const 1
    i32.shl
    i32.or
    local.get $l5
    local.get $l14
    i64.xor
    local.get $l6
    local.get $l14
    i64.xor
    i64.and
    i64.const 63
    i64.shr_u
    i32.wrap_i64
    i32.or
    i64.extend_i32_u
    local.set $l8
    i32.const 0
    local.set $l10
    local.get $l14
    local.set $l5
    local.get $p0
    local.get $l11
    i64.store offset=8
    local.get $p0
    i64.load offset=24
    local.set $l11
    local.get $p0
    i64.load offset=56
    local.set $l12
    local.get $l8
    i32.wrap_i64
    local.set $l13
    local.get $l11
    local.get $l12
    i64.add
    local.get $l13
    i32.const 1
    i32.shr_u
    i32.const 1
    i32.and
    i64.extend_i32_u
    i64.add
    local.set $l11
    local.get $p0
    local.get $l5
    i64.store offset=16
    local.get $p0
    i64.load offset=240
    local.set $l5
    local.get $l5
    local.set $l15
    local.get $p0
    local.get $l11
    i64.store offset=24
    local.get $p0
    local.get $l10
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
   local.get $l4
   i32.store offset=9176
   local.get $l15
   return
   unreachable
  end)
