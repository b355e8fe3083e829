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
  ;; locals: 4 i32, 22 i64
  block $B0 (result i64)
   local.get $p0
   i32.load offset=9176
   local.set $l4
   local.get $p0
   i64.load offset=8
   local.set $l13
   local.get $p0
   i64.load offset=16
   local.set $l14
   local.get $p0
   i64.load offset=32
   local.set $l15
   local.get $p0
   i64.load offset=40
   local.set $l16
   local.get $p0
   i64.load offset=80
   local.set $l17
   local.get $p0
   i64.load offset=240
   local.set $l18
   local.get $l4
   i32.const 8
   i32.sub
   local.set $l4
   local.get $l13
   local.get $l14
   i64.const 0
   i64.shl
   i64.add
   local.set $l19
   local.get $l15
   i32.wrap_i64
   local.get $l16
   i32.wrap_i64
   i64.const 0
   i32.wrap_i64
   i32.shl
   i32.sub
   i64.extend_i32_u
   local.set $l20
   local.get $l19
   local.get $l20
   i64.const 7
   i64.shl
   i64.xor
   local.set $l21
   i32.const 0
   local.get $l19
   i32.wrap_i64
   local.get $l21
   i32.wrap_i64
   i32.mul
   i32.add
   i64.extend_i32_u
   local.set $l22
   local.get $l19
   i64.const 4294967295
   i64.and
   local.set $l23
   local.get $l19
   i64.const 32
   i64.shr_u
   local.set $l24
   local.get $l21
   i64.const 4294967295
   i64.and
   local.set $l25
   local.get $l21
   i64.const 32
   i64.shr_u
   local.set $l26
   local.get $l24
   local.get $l25
   i64.mul
   local.get $l23
   local.get $l25
   i64.mul
   i64.const 32
   i64.shr_u
   i64.add
   local.set $l27
   local.get $l24
   local.get $l26
   i64.mul
   local.get $l27
   i64.const 32
   i64.shr_u
   i64.add
   local.get $l23
   local.get $l26
   i64.mul
   local.get $l27
   i64.const 4294967295
   i64.and
   i64.add
   i64.const 32
   i64.shr_u
   i64.add
   local.set $l28
   local.get $l22
   local.get $l19
   local.get $l21
   i64.mul
   i64.add
   local.set $l29
   local.get $l13
   i64.eqz
   if $I1
    i64.const 0
    local.set $l17
   else
    local.get $l29
    local.get $l13
    i64.div_u
    local.set $l17
   end
   local.get $l18
   local.set $l11
   local.get $p0
   local.get $l19
   i64.store
   local.get $p0
   local.get $l20
   i64.store offset=24
   local.get $p0
   local.get $l21
   i64.store offset=48
   local.get $p0
   local.get $l22
   i64.store offset=56
   local.get $p0
   local.get $l28
   i64.store offset=64
   local.get $p0
   local.get $l29
   i64.store offset=72
   local.get $p0
   local.get $l17
   i64.store offset=80
   local.get $p0
   local.get $l4
   i32.store offset=9176
   local.get $l11
   return
   unreachable
  end)
