;; those that are plain words, and NZCV
;;   0  mrs x0, tpidr_el0
;;   4  add x0, x0, #0x10
;;   8  msr tpidr_el0, x0
;;   c  mrs x1, nzcv
;;  10  msr nzcv, x2
;;  14  b.eq 0x18
;;  18  ret
 (func $r0.0 (type $t1) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 3 i32, 7 i64
  block $B0 (result i64)
   block $B1
    local.get $p0
    i32.load offset=9176
    local.set $l4
    local.get $p0
    i32.load offset=9180
    local.set $l5
    local.get $p0
    i64.load offset=9184
    local.set $l6
    local.get $p0
    i64.load offset=9192
    local.set $l7
    block $B2
     local.get $l4
     i32.const -6
     i32.add
     local.set $l4
     local.get $p0
     i64.load offset=1080
     local.set $l9
     local.get $l9
     local.set $l8
     local.get $l8
     i64.const 16
     i64.add
     local.set $l8
     local.get $p0
     local.get $l8
     i64.store offset=1080
     local.get $p0
     local.get $l5
     local.get $l6
     local.get $l7
     call $core.flags
     local.set $l11
     local.get $l11
     i64.extend_i32_u
     i64.const 28
     i64.shl
     local.set $l10
     local.get $p0
     i64.load offset=16
     local.set $l12
     local.get $l12
     i32.wrap_i64
     i32.const 28
     i32.shr_u
     i32.const 15
     i32.and
     i64.extend_i32_u
     local.set $l6
     i32.const 0
     local.set $l5
     local.get $p0
     local.get $l8
     i64.store
     local.get $p0
     local.get $l10
     i64.store offset=8
     i32.const 61680
     local.get $l6
     i32.wrap_i64
     i32.shr_u
     i32.const 1
     i32.and
     if $I3
      br $B2
     else
      br $B2
     end
    end
    local.get $l4
    i32.const -1
    i32.add
    local.set $l4
    local.get $p0
    i64.load offset=240
    local.set $l8
    local.get $l8
    local.set $l13
    local.get $p0
    local.get $l5
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
