;; PACIASP and AUTIASP
;;   0  paciasp
;;   4  stp x29, x30, [sp, #-16]!
;;   8  ldp x29, x30, [sp], #16
;;   c  autiasp
;;  10  ret
 (func $r0.0 (type $t1) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 5 i32, 23 i64
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      local.get $p0
      i32.load offset=9176
      local.set $l4
      local.get $l4
      i32.const -5
      i32.add
      local.set $l4
      local.get $p0
      i64.load offset=240
      local.set $l5
      local.get $p0
      i64.load offset=256
      local.set $l6
      local.get $p0
      i32.load offset=9744
      local.set $l7
      local.get $l7
      i32.const 1
      i32.and
      if $I4
       local.get $l5
       local.set $l8
       local.get $p0
       i64.load offset=9752
       local.set $l9
       local.get $l8
       local.get $l9
       i64.shl
       i64.const 63
       i64.shr_s
       local.set $l10
       local.get $p0
       i64.load offset=9768
       local.set $l11
       local.get $p0
       i64.load offset=9760
       local.set $l12
       local.get $l11
       local.get $l12
       local.get $l10
       i32.wrap_i64
       select
       local.set $l13
       local.get $l8
       local.get $l13
       i64.const -1
       i64.xor
       i64.and
       local.get $l10
       local.get $l13
       i64.and
       i64.or
       local.set $l14
       local.get $p0
       i64.load offset=1632
       local.set $l15
       local.get $p0
       i64.load offset=1640
       local.set $l16
       i64.const 0
       local.set $l17
       local.get $l7
       i32.const 16
       i32.shr_u
       if $I5
        local.get $p0
        local.get $l14
        local.get $l6
        local.get $l15
        local.get $l16
        call $core.architectedPac
        local.set $l18
        local.get $l18
        local.set $l17
       else
        local.get $l14
        local.get $l15
        i64.xor
        i64.const -7046029254386353131
        i64.mul
        i64.const 32
        i64.rotr
        local.get $l6
        local.get $l16
        i64.add
        i64.xor
        i64.const -4417276706812531889
        i64.mul
        local.set $l19
        local.get $l19
        local.get $l19
        i64.const 29
        i64.shr_u
        i64.xor
        i64.const 1609587929392839161
        i64.mul
        local.set $l20
        local.get $l20
        local.get $l20
        i64.const 32
        i64.shr_u
        i64.xor
        local.set $l17
       end
       local.get $l17
       local.set $l21
       local.get $l8
       local.set $l22
       local.get $l7
       i32.const 32
       i32.and
       if $I6
       else
        local.get $l8
        local.get $l13
        i64.and
        local.set $l23
        local.get $l23
        i64.const 0
        i64.ne
        local.get $l23
        local.get $l13
        i64.ne
        i32.and
        local.set $l24
        local.get $l21
        local.get $l24
        i64.extend_i32_u
        i64.const 62
        i64.const 54
        local.get $l13
        i64.const 0
        i64.lt_s
        select
        i64.shl
        local.get $l24
        local.get $l7
        i32.const 64
        i32.and
        i32.const 0
        i32.ne
        i32.and
        select
        local.set $l22
       end
       local.get $l22
       local.set $l25
       local.get $l8
       local.get $l13
       i64.const -1
       i64.xor
       i64.and
       local.get $l21
       local.get $l25
       i64.xor
       local.get $l13
       i64.const -36028797018963969
       i64.and
       i64.and
       i64.or
       local.get $l10
       i64.const 36028797018963968
       i64.and
       i64.or
       local.set $l5
      else
       local.get $l7
       i32.const 256
       i32.and
       if $I7
        i32.const 805388288
        local.set $l26
        br $B2
       end
      end
      local.get $p0
      local.get $l5
      i64.store offset=240
      local.get $p0
      i64.load offset=232
      local.set $l27
      local.get $p0
      i64.load offset=9400
      local.get $p0
      i64.load offset=9392
      local.get $p2
      i64.const 0
      i64.lt_s
      select
      local.set $l28
      local.get $l6
      i64.const -16
      i64.add
      local.set $l8
      local.get $l8
      local.set $l9
      i32.const 268500996
      local.set $l26
      local.get $p0
      local.get $l9
      i64.const 7
      i64.shr_u
      i32.wrap_i64
      i32.const 131040
      i32.and
      i32.add
      local.tee $l7
      i64.load offset=12296
      local.get $l9
      i64.const 15
      i64.add
      i64.const -4096
      i64.and
      local.get $l28
      i64.or
      i64.ne
      br_if $B2
      local.get $l9
      i32.wrap_i64
      local.get $l7
      i32.load offset=12304
      i32.add
      local.set $l29
      local.get $l29
      local.get $l27
      i64.store align=1
      local.get $l29
      local.get $l5
      i64.store offset=8 align=1
      local.get $l8
      local.set $l6
      local.get $p0
      local.get $l6
      i64.store offset=256
      local.get $l29
      i64.load align=1
      local.set $l27
      local.get $l29
      i64.load offset=8 align=1
      local.set $l5
      local.get $l6
      i64.const 16
      i64.add
      local.set $l6
      local.get $p0
      local.get $l27
      i64.store offset=232
      local.get $p0
      local.get $l5
      i64.store offset=240
      local.get $p0
      local.get $l6
      i64.store offset=256
      local.get $p0
      i32.load offset=9744
      local.set $l7
      local.get $l7
      i32.const 1
      i32.and
      if $I8
       local.get $l5
       local.set $l8
       local.get $l8
       i64.const 8
       i64.shl
       i64.const 63
       i64.shr_s
       local.set $l9
       local.get $p0
       i64.load offset=9768
       local.set $l10
       local.get $p0
       i64.load offset=9760
       local.set $l11
       local.get $l10
       local.get $l11
       local.get $l9
       i32.wrap_i64
       select
       local.set $l12
       local.get $l8
       local.get $l12
       i64.const -1
       i64.xor
       i64.and
       local.get $l9
       local.get $l12
       i64.and
       i64.or
       local.set $l13
       local.get $p0
       i64.load offset=1632
       local.set $l14
       local.get $p0
       i64.load offset=1640
       local.set $l15
       i64.const 0
       local.set $l16
       local.get $l7
       i32.const 16
       i32.shr_u
       if $I9
        local.get $p0
        local.get $l13
        local.get $l6
        local.get $l14
        local.get $l15
        call $core.architectedPac
        local.set $l17
        local.get $l17
        local.set $l16
       else
        local.get $l13
        local.get $l14
        i64.xor
        i64.const -7046029254386353131
        i64.mul
        i64.const 32
        i64.rotr
        local.get $l6
        local.get $l15
        i64.add
        i64.xor
        i64.const -4417276706812531889
        i64.mul
        local.set $l18
        local.get $l18
        local.get $l18
        i64.const 29
        i64.shr_u
        i64.xor
        i64.const 1609587929392839161
        i64.mul
        local.set $l19
        local.get $l19
        local.get $l19
        i64.const 32
        i64.shr_u
        i64.xor
        local.set $l16
       end
       local.get $l16
       local.set $l20
       local.get $l12
       i64.const -36028797018963969
       i64.and
       local.set $l21
       local.get $l13
       local.set $l22
       local.get $l7
       i32.const 32
       i32.and
       if $I10
        local.get $l8
        local.get $l20
        local.get $l21
        i64.and
        i64.xor
        local.set $l22
        local.get $l22
        local.set $l23
        local.get $l23
        local.get $l13
        i64.ne
        local.get $l7
        i32.const 8192
        i32.and
        i32.const 0
        i32.ne
        i32.and
        if $I11
         i32.const 805339148
         local.set $l26
         br $B2
        end
       else
        i64.const 61
        i64.const 53
        local.get $l12
        i64.const 0
        i64.lt_s
        select
        local.set $l25
        local.get $l13
        local.get $l13
        i64.const 3
        local.get $l25
        i64.shl
        i64.const -1
        i64.xor
        i64.and
        i64.const 1
        local.get $l25
        i64.shl
        i64.or
        local.get $l20
        local.get $l8
        i64.xor
        local.get $l21
        i64.and
        i64.eqz
        select
        local.set $l22
       end
       local.get $l22
       local.set $l30
       local.get $l30
       local.set $l5
      else
       local.get $l7
       i32.const 256
       i32.and
       if $I12
        i32.const 805339148
        local.set $l26
        br $B2
       end
      end
      local.get $l5
      local.set $l31
      local.get $p0
      local.get $l5
      i64.store offset=240
      br $B3
     end
     local.get $p0
     local.get $l4
     i32.store offset=9176
     local.get $l31
     return
    end
    br $B1
   end
   local.get $p0
   local.get $l4
   local.get $l26
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l26
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l26
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l31
   local.get $l26
   i32.const 8192
   i32.and
   if $I13
    local.get $l31
    return
   end
   local.get $p0
   local.get $l31
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
