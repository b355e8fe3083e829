;; a variable that is a 32-bit result on one way only
;;   0  cbz x0, 0xc
;;   4  add w1, w2, w3
;;   8  b 0x10
;;   c  ldr x1, [x4]
;;  10  str x1, [x5]
;;  14  ldr x6, [x7]
;;  18  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 3 i32, 7 i64
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      local.get $p0
      i32.load offset=9176
      local.set $l4
      block $B4
       local.get $l4
       i32.const -1
       i32.add
       local.set $l4
       local.get $p0
       i64.load
       local.set $l5
       local.get $l5
       i64.eqz
       if $I5
        local.get $l4
        i32.const -1
        i32.add
        local.set $l4
        local.get $p0
        i64.load offset=32
        local.set $l7
        local.get $p0
        i64.load offset=9400
        local.get $p0
        i64.load offset=9392
        local.get $p2
        i64.const 0
        i64.lt_s
        select
        local.set $l8
        local.get $l7
        local.set $l9
        i32.const 268451852
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
        i64.const 7
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
        i64.load align=1
        local.set $l6
        local.get $p0
        local.get $l6
        i64.store offset=8
        br $B4
       else
        local.get $l4
        i32.const -2
        i32.add
        local.set $l4
        local.get $p0
        i64.load offset=16
        local.set $l7
        local.get $p0
        i64.load offset=24
        local.set $l12
        local.get $l7
        i32.wrap_i64
        local.get $l12
        i32.wrap_i64
        i32.add
        i64.extend_i32_u
        local.set $l6
        local.get $p0
        local.get $l6
        i64.store offset=8
        br $B4
       end
      end
      local.get $l4
      i32.const -3
      i32.add
      local.set $l4
      local.get $p0
      i64.load offset=8
      local.set $l5
      local.get $p0
      i64.load offset=40
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
      local.get $l6
      local.set $l9
      i32.const 268484624
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
      i64.load offset=12296
      local.get $l9
      i64.const 7
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
      local.get $l5
      i64.store align=1
      local.get $p0
      i64.load offset=56
      local.set $l12
      local.get $l12
      local.set $l9
      i32.const 268468244
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
      i64.const 7
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
      i64.load align=1
      local.set $l7
      local.get $p0
      i64.load offset=240
      local.set $l5
      local.get $l5
      local.set $l13
      local.get $p0
      local.get $l7
      i64.store offset=48
      br $B3
     end
     local.get $p0
     local.get $l4
     i32.store offset=9176
     local.get $l13
     return
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
   local.set $l13
   local.get $l11
   i32.const 8192
   i32.and
   if $I6
    local.get $l13
    return
   end
   local.get $p0
   local.get $l13
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
