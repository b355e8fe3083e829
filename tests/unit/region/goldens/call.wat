;; a function of the same page
;;   0  stp x29, x30, [sp, #-16]!
;;   4  bl 0x14
;;   8  add x0, x0, #0x1
;;   c  ldp x29, x30, [sp], #16
;;  10  ret
;;  14  lsl x0, x0, #1
;;  18  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 4 i32, 8 i64
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      local.get $p0
      i32.load offset=9176
      local.set $l4
      local.get $l4
      i32.const -2
      i32.add
      local.set $l4
      local.get $p0
      i64.load offset=232
      local.set $l5
      local.get $p0
      i64.load offset=240
      local.set $l6
      local.get $p0
      i64.load offset=256
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
      i64.const -16
      i64.add
      local.set $l9
      local.get $l9
      local.set $l10
      i32.const 268468224
      local.set $l12
      local.get $p0
      local.get $l10
      i64.const 7
      i64.shr_u
      i32.wrap_i64
      i32.const 131040
      i32.and
      i32.add
      local.tee $l11
      i64.load offset=12296
      local.get $l10
      i64.const 15
      i64.add
      i64.const -4096
      i64.and
      local.get $l8
      i64.or
      i64.ne
      br_if $B2
      local.get $l10
      i32.wrap_i64
      local.get $l11
      i32.load offset=12304
      i32.add
      local.set $l13
      local.get $l13
      local.get $l5
      i64.store align=1
      local.get $l13
      local.get $l6
      i64.store offset=8 align=1
      local.get $l9
      local.set $l7
      local.get $p2
      i64.const 4
      i64.add
      i64.const 4
      i64.add
      local.set $l6
      local.get $p0
      local.get $l6
      i64.store offset=240
      local.get $p0
      local.get $l7
      i64.store offset=256
      local.get $l4
      i32.const -2
      i32.add
      local.set $l4
      local.get $p0
      i64.load
      local.set $l14
      local.get $l14
      i64.const 1
      i64.shl
      local.set $l14
      local.get $l6
      local.set $l15
      local.get $p0
      local.get $l14
      i64.store
      local.get $l15
      local.get $p2
      i64.const 8
      i64.add
      i64.eq
      if $I4
       local.get $l4
       i32.const -3
       i32.add
       local.set $l4
       local.get $l14
       i64.const 1
       i64.add
       local.set $l14
       local.get $p0
       local.get $l14
       i64.store
       local.get $l7
       local.set $l9
       i32.const 268468236
       local.set $l12
       local.get $p0
       local.get $l9
       i64.const 7
       i64.shr_u
       i32.wrap_i64
       i32.const 131040
       i32.and
       i32.add
       local.tee $l11
       i64.load offset=12288
       local.get $l9
       i64.const 15
       i64.add
       i64.const -4096
       i64.and
       local.get $l8
       i64.or
       i64.ne
       br_if $B2
       local.get $l9
       i32.wrap_i64
       local.get $l11
       i32.load offset=12304
       i32.add
       local.set $l13
       local.get $l13
       i64.load align=1
       local.set $l5
       local.get $l13
       i64.load offset=8 align=1
       local.set $l6
       local.get $l7
       i64.const 16
       i64.add
       local.set $l7
       local.get $l6
       local.set $l15
       local.get $p0
       local.get $l5
       i64.store offset=232
       local.get $p0
       local.get $l6
       i64.store offset=240
       local.get $p0
       local.get $l7
       i64.store offset=256
       br $B3
      else
       br $B3
      end
     end
     local.get $p0
     local.get $l4
     i32.store offset=9176
     local.get $l15
     return
    end
    br $B1
   end
   local.get $p0
   local.get $l4
   local.get $l12
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l12
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l12
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l15
   local.get $l12
   i32.const 8192
   i32.and
   if $I5
    local.get $l15
    return
   end
   local.get $p0
   local.get $l15
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
