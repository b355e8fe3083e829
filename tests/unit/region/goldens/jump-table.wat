;; BR by a loaded offset
;;   0  adr x1, 0x10
;;   4  ldrsw x2, [x1, w0, uxtw #2]
;;   8  add x1, x1, x2
;;   c  br x1
;;  10  udf #16
;;  14  udf #20
 (func $r0.0 (type $t1) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 3 i32, 6 i64
  block $B0 (result i64)
   block $B1
    block $B2
     local.get $p0
     i32.load offset=9176
     local.set $l4
     local.get $l4
     i32.const -4
     i32.add
     local.set $l4
     local.get $p2
     i64.const 16
     i64.add
     local.set $l5
     local.get $p0
     local.get $l5
     i64.store offset=8
     local.get $p0
     i64.load
     local.set $l6
     local.get $p0
     i64.load offset=9400
     local.get $p0
     i64.load offset=9392
     local.get $p2
     i64.const 0
     i64.lt_s
     select
     local.set $l8
     local.get $l5
     local.get $l6
     i64.const 4294967295
     i64.and
     i64.const 2
     i64.shl
     i64.add
     local.set $l9
     i32.const 268484612
     local.set $l11
     local.get $p0
     local.get $l9
     i64.const 7
     i64.shr_u
     i32.wrap_i64
     i32.const 131040
     i32.and
     i32.add
     local.tee $l10
     i64.load offset=12288
     local.get $l9
     i64.const 3
     i64.add
     i64.const -4096
     i64.and
     local.get $l8
     i64.or
     i64.ne
     br_if $B2
     local.get $l9
     i32.wrap_i64
     local.get $l10
     i32.load offset=12304
     i32.add
     i64.load32_s align=1
     local.set $l7
     local.get $l5
     local.get $l7
     i64.add
     local.set $l5
     local.get $l5
     local.set $l12
     local.get $p0
     local.get $l5
     i64.store offset=8
     local.get $p0
     local.get $l7
     i64.store offset=16
     local.get $p0
     local.get $l4
     i32.store offset=9176
     local.get $p0
     local.get $p2
     i64.const 12
     i64.add
     i64.store offset=800
     local.get $p0
     local.get $l12
     local.get $p3
     i32.const 3
     return_call $core.hop
    end
    br $B1
   end
   local.get $p0
   local.get $l4
   local.get $l11
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l11
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l11
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l12
   local.get $l11
   i32.const 8192
   i32.and
   if $I3
    local.get $l12
    return
   end
   local.get $p0
   local.get $l12
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
