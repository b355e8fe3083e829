;; 64-bit and 32-bit results
;;   0  add x0, x1, x2
;;   4  sub w3, w4, w5
;;   8  eor x6, x0, x3, lsl #7
;;   c  mul w7, w0, w6
;;  10  umulh x8, x0, x6
;;  14  madd x9, x0, x6, x7
;;  18  udiv x10, x9, x1
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
    local.get $p0
    i64.load offset=16
    local.set $l7
    local.get $l6
    local.get $l7
    i64.add
    local.set $l5
    local.get $p0
    local.get $l5
    i64.store
    local.get $p0
    i64.load offset=32
    local.set $l6
    local.get $p0
    i64.load offset=40
    local.set $l8
    local.get $l6
    i32.wrap_i64
    local.get $l8
    i32.wrap_i64
    i32.sub
    i64.extend_i32_u
    local.set $l5
    local.get $p0
    i64.load
    local.set $l6
    local.get $l6
    local.get $l5
    i64.const 7
    i64.shl
    i64.xor
    local.set $l7
    local.get $l6
    i32.wrap_i64
    local.get $l7
    i32.wrap_i64
    i32.mul
    i64.extend_i32_u
    local.set $l8
    local.get $p0
    local.get $l5
    i64.store offset=24
    local.get $l6
    i64.const 4294967295
    i64.and
    local.set $l9
    local.get $l6
    i64.const 32
    i64.shr_u
    local.set $l10
    local.get $l7
    i64.const 4294967295
    i64.and
    local.set $l11
    local.get $l7
    i64.const 32
    i64.shr_u
    local.set $l12
    local.get $l10
    local.get $l11
    i64.mul
    local.get $l9
    local.get $l11
    i64.mul
    i64.const 32
    i64.shr_u
    i64.add
    local.set $l13
    local.get $l10
    local.get $l12
    i64.mul
    local.get $l13
    i64.const 32
    i64.shr_u
    i64.add
    local.get $l9
    local.get $l12
    i64.mul
    local.get $l13
    i64.const 4294967295
    i64.and
    i64.add
    i64.const 32
    i64.shr_u
    i64.add
    local.set $l5
    local.get $p0
    local.get $l5
    i64.store offset=64
    local.get $l8
    local.get $l6
    local.get $l7
    i64.mul
    i64.add
    local.set $l5
    local.get $p0
    local.get $l7
    i64.store offset=48
    local.get $p0
    i64.load offset=8
    local.set $l6
    local.get $p0
    i64.load offset=80
    local.set $l7
    local.get $l6
    i64.eqz
    if $I2
     i64.const 0
     local.set $l7
    else
     local.get $l5
     local.get $l6
     i64.div_u
     local.set $l7
    end
    local.get $p0
    local.get $l8
    i64.store offset=56
    local.get $p0
    i64.load offset=240
    local.set $l8
    local.get $l8
    local.set $l14
    local.get $p0
    local.get $l5
    i64.store offset=72
    local.get $p0
    local.get $l7
    i64.store offset=80
    br $B1
   end
   local.get $p0
   local.get $l4
   i32.store offset=9176
   local.get $l14
   return
   unreachable
  end)
