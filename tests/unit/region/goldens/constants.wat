;; moves and addresses of the page
;;   0  mov x0, #0x1234
;;   4  movk x0, #0x5678, lsl #32
;;   8  mov w1, #0xfffffff6
;;   c  adr x2, 0x14
;;  10  adrp x3, 0x0
;;  14  mov x4, #0xff00ff00ff00ff00
;;  18  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 1 i32, 5 i64
  block $B0 (result i64)
   block $B1
    local.get $p0
    i32.load offset=9176
    local.set $l4
    local.get $l4
    i32.const -7
    i32.add
    local.set $l4
    i64.const 4660
    local.set $l5
    local.get $l5
    i64.const -281470681743361
    i64.and
    i64.const 95073396064256
    i64.or
    local.set $l5
    i64.const 4294967286
    local.set $l6
    local.get $p2
    i64.const 12
    i64.add
    i64.const 8
    i64.add
    local.set $l7
    local.get $p2
    i64.const 16
    i64.add
    i64.const -4096
    i64.and
    local.set $l8
    local.get $p0
    local.get $l5
    i64.store
    i64.const -71777214294589696
    local.set $l5
    local.get $p0
    local.get $l6
    i64.store offset=8
    local.get $p0
    i64.load offset=240
    local.set $l6
    local.get $l6
    local.set $l9
    local.get $p0
    local.get $l7
    i64.store offset=16
    local.get $p0
    local.get $l8
    i64.store offset=24
    local.get $p0
    local.get $l5
    i64.store offset=32
    br $B1
   end
   local.get $p0
   local.get $l4
   i32.store offset=9176
   local.get $l9
   return
   unreachable
  end)
