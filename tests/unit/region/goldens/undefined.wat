;; a word of no instruction
;;   0  add x0, x0, #0x1
;;   4  udf #0
 (func $r0.0 (type $t1) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 2 i32, 1 i64
  block $B0 (result i64)
   local.get $p0
   i32.load offset=9176
   local.set $l4
   local.get $l4
   i32.const -2
   i32.add
   local.set $l4
   local.get $p0
   i64.load
   local.set $l5
   local.get $l5
   i64.const 1
   i64.add
   local.set $l5
   local.get $p0
   local.get $l5
   i64.store
   local.get $p0
   local.get $p2
   i64.const 4
   i64.add
   i64.store offset=800
   local.get $p0
   local.get $p1
   i32.const 16
   i32.add
   call $core.stepRegion
   local.set $l6
   local.get $l6
   if $I1
    local.get $l4
    i32.const 0
    i32.add
    local.get $l6
    i32.const 2
    i32.eq
    i32.add
    local.set $l4
    local.get $p0
    local.get $l4
    i32.store offset=9176
    local.get $p0
    i32.const 6
    i32.store offset=9232
    local.get $p0
    i64.load offset=800
    i64.const -1
    local.get $l6
    i32.const 1
    i32.eq
    select
    return
   end
   local.get $p0
   local.get $l4
   i32.store offset=9176
   local.get $p2
   i64.const 8
   i64.add
   return
   unreachable
  end)
