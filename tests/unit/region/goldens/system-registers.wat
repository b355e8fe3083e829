;; those that are plain words, and NZCV
;;   0  mrs x0, tpidr_el0
;;   4  add x0, x0, #0x10
;;   8  msr tpidr_el0, x0
;;   c  mrs x1, nzcv
;;  10  msr nzcv, x2
;;  14  b.eq 0x18
;;  18  ret
 (func $r0.0 (type $t1) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 5 i32, 10 i64
  block $B0 (result i64)
   local.get $p0
   i32.load offset=9176
   local.set $l4
   local.get $p0
   i64.load offset=16
   local.set $l13
   local.get $p0
   i64.load offset=240
   local.set $l14
   local.get $p0
   i32.load offset=9180
   local.set $l8
   local.get $p0
   i64.load offset=9184
   local.set $l9
   local.get $p0
   i64.load offset=9192
   local.set $l10
   block $B1
    local.get $l4
    i32.const 6
    i32.sub
    local.set $l4
    local.get $p0
    i64.load offset=1080
    local.set $l15
    local.get $l15
    local.set $l16
    local.get $l16
    i64.const 16
    i64.add
    local.set $l16
    local.get $p0
    local.get $l16
    i64.store offset=1080
    local.get $p0
    local.get $l8
    local.get $l9
    local.get $l10
    call $core.flags
    local.set $l17
    local.get $l17
    i64.extend_i32_u
    i64.const 28
    i64.shl
    local.set $l18
    local.get $l13
    i32.wrap_i64
    i32.const 28
    i32.shr_u
    i32.const 15
    i32.and
    i64.extend_i32_u
    local.set $l9
    i32.const 0
    local.set $l8
    i32.const 61680
    local.get $l9
    i32.wrap_i64
    i32.shr_u
    i32.const 1
    i32.and
    if $I2
     br $B1
    else
     br $B1
    end
   end
   local.get $l4
   i32.const 1
   i32.sub
   local.set $l4
   local.get $l14
   local.set $l11
   local.get $p0
   local.get $l16
   i64.store
   local.get $p0
   local.get $l18
   i64.store offset=8
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
