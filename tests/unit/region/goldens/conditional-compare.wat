;; CCMP and selects
;;   0  cmp x0, #0x4
;;   4  ccmp x1, #0x7, #0x4, ne
;;   8  csel x2, x3, x4, lt
;;   c  cset w5, hi
;;  10  cinc x6, x6, eq
;;  14  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 2 i32, 8 i64
  block $B0 (result i64)
   block $B1
    local.get $p0
    i32.load offset=9176
    local.set $l4
    local.get $l4
    i32.const -6
    i32.add
    local.set $l4
    local.get $p0
    i64.load
    local.set $l5
    local.get $l5
    local.set $l6
    i64.const 4
    local.set $l7
    i32.const 4
    local.set $l8
    local.get $l5
    i64.const 4
    i64.sub
    drop
    local.get $p0
    i64.load offset=8
    local.set $l9
    local.get $l9
    i64.const 7
    i64.sub
    local.set $l10
    local.get $l10
    i64.const 60
    i64.shr_u
    i32.wrap_i64
    i32.const 8
    i32.and
    local.get $l10
    i64.eqz
    i32.const 2
    i32.shl
    i32.or
    local.get $l9
    i64.const 7
    i64.ge_u
    i32.const 1
    i32.shl
    i32.or
    local.get $l9
    i64.const 7
    i64.xor
    local.get $l9
    local.get $l10
    i64.xor
    i64.and
    i64.const 63
    i64.shr_u
    i32.wrap_i64
    i32.or
    i32.const 4
    local.get $l6
    local.get $l7
    i64.ne
    select
    i64.extend_i32_u
    local.set $l6
    i32.const 0
    local.set $l8
    local.get $p0
    i64.load offset=24
    local.set $l11
    local.get $p0
    i64.load offset=32
    local.set $l12
    local.get $l11
    local.get $l12
    i32.const 21930
    local.get $l6
    i32.wrap_i64
    i32.shr_u
    i32.const 1
    i32.and
    select
    local.set $l5
    i32.const 0
    i32.const 1
    i32.const 62451
    local.get $l6
    i32.wrap_i64
    i32.shr_u
    i32.const 1
    i32.and
    select
    i64.extend_i32_u
    local.set $l9
    local.get $p0
    local.get $l5
    i64.store offset=16
    local.get $p0
    i64.load offset=48
    local.set $l5
    local.get $l5
    local.get $l5
    i64.const 1
    i64.add
    i32.const 3855
    local.get $l6
    i32.wrap_i64
    i32.shr_u
    i32.const 1
    i32.and
    select
    local.set $l5
    local.get $p0
    i64.load offset=240
    local.set $l11
    local.get $l11
    local.set $l13
    local.get $p0
    local.get $l9
    i64.store offset=40
    local.get $p0
    local.get $l5
    i64.store offset=48
    local.get $p0
    local.get $l8
    i32.store offset=9180
    local.get $p0
    local.get $l6
    i64.store offset=9184
    local.get $p0
    local.get $l7
    i64.store offset=9192
    br $B1
   end
   local.get $p0
   local.get $l4
   i32.store offset=9176
   local.get $l13
   return
   unreachable
  end)
