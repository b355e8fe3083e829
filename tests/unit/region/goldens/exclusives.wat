;; a lock, by the function forms
;;   0  ldaxr w0, [x1]
;;   4  cbnz w0, 0x0
;;   8  stxr w2, w3, [x1]
;;   c  cbnz w2, 0x0
;;  10  ret
 (func $r0.0 (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 12 i64, 14 i32
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      local.get $p0
      i32.load offset=9176
      local.set $l8
      local.get $p0
      i64.load offset=9392
      local.set $l13
      local.get $p0
      i64.load offset=9400
      local.set $l14
      i64.const 36028797018963968
      local.set $l4
      i64.const 36028797018963968
      local.set $l6
      local.get $p0
      i64.load
      local.set $l18
      local.get $p0
      i64.load offset=8
      local.set $l10
      local.get $p0
      i64.load offset=16
      local.set $l28
      local.get $p0
      i64.load offset=24
      local.set $l26
      loop $L4
       local.get $l8
       i32.const -2
       i32.add
       local.set $l8
       local.get $l10
       local.set $l9
       local.get $l9
       local.get $l4
       i64.sub
       i64.const 4092
       i64.gt_u
       if $I5
        i32.const 268468224
        local.set $l15
        local.get $p0
        local.get $l9
        i64.const 7
        i64.shr_u
        i32.wrap_i64
        i32.const 131040
        i32.and
        i32.add
        local.tee $l12
        i64.load offset=12288
        local.get $l9
        i64.const 3
        i64.add
        i64.const -4096
        i64.and
        local.get $l14
        local.get $l13
        local.get $l9
        i64.const 0
        i64.lt_s
        select
        i64.or
        i64.ne
        br_if $B2
        local.get $l9
        i32.wrap_i64
        local.get $l12
        i32.load offset=12304
        i32.add
        local.set $l11
        local.get $l9
        i64.const -4096
        i64.and
        local.set $l4
        local.get $l4
        i32.wrap_i64
        local.get $l12
        i32.load offset=12304
        i32.add
        local.set $l5
       else
        local.get $l9
        local.get $l4
        i64.sub
        i32.wrap_i64
        local.get $l5
        i32.add
        local.set $l11
       end
       i32.const 268468224
       local.set $l15
       local.get $l9
       i32.wrap_i64
       i32.const 3
       i32.and
       br_if $B2
       local.get $l11
       i64.atomic.load32_u
       local.set $l16
       local.get $p0
       i32.const 1
       i32.store offset=9440
       local.get $p0
       i32.const 4
       i32.store offset=9444
       local.get $p0
       local.get $l11
       i32.store offset=9448
       local.get $p0
       i32.load offset=9612
       local.set $l17
       local.get $p0
       local.get $l17
       i32.store offset=9452
       local.get $p0
       local.get $l16
       i64.store offset=9456
       local.get $l16
       local.set $l18
       local.get $l18
       i32.wrap_i64
       i32.const 0
       i32.ne
       if $I6
        i32.const 1073750016
        local.set $l15
        local.get $l8
        i32.const 0
        i32.le_s
        br_if $B2
        br $L4
       else
        local.get $l8
        i32.const -2
        i32.add
        local.set $l8
        local.get $l10
        local.set $l9
        local.get $l9
        local.get $l6
        i64.sub
        i64.const 4092
        i64.gt_u
        if $I7
         i32.const 268468232
         local.set $l15
         local.get $p0
         local.get $l9
         i64.const 7
         i64.shr_u
         i32.wrap_i64
         i32.const 131040
         i32.and
         i32.add
         local.tee $l12
         i64.load offset=12296
         local.get $l9
         i64.const 3
         i64.add
         i64.const -4096
         i64.and
         local.get $l14
         local.get $l13
         local.get $l9
         i64.const 0
         i64.lt_s
         select
         i64.or
         i64.ne
         br_if $B2
         local.get $l9
         i32.wrap_i64
         local.get $l12
         i32.load offset=12304
         i32.add
         local.set $l11
         local.get $l9
         i64.const -4096
         i64.and
         local.set $l6
         local.get $l6
         i32.wrap_i64
         local.get $l12
         i32.load offset=12304
         i32.add
         local.set $l7
        else
         local.get $l9
         local.get $l6
         i64.sub
         i32.wrap_i64
         local.get $l7
         i32.add
         local.set $l11
        end
        i32.const 268468232
        local.set $l15
        local.get $l9
        i32.wrap_i64
        i32.const 3
        i32.and
        br_if $B2
        i32.const 1
        local.set $l17
        local.get $p0
        i32.load offset=9448
        local.set $l19
        local.get $p0
        i32.load offset=9444
        local.set $l20
        local.get $p0
        i32.load offset=9608
        local.set $l21
        local.get $p0
        i32.load offset=9452
        local.set $l22
        local.get $p0
        i32.load offset=9612
        local.set $l23
        local.get $p0
        i32.load offset=9440
        local.set $l24
        local.get $l19
        local.get $l11
        i32.eq
        local.get $l20
        i32.const 4
        i32.eq
        i32.and
        local.get $l11
        local.get $l21
        i32.ne
        local.get $l22
        local.get $l23
        i32.eq
        i32.or
        i32.and
        local.get $l24
        i32.and
        if $I8
         local.get $p0
         i64.load offset=9456
         local.set $l16
         local.get $l11
         local.get $l16
         local.get $l26
         i64.const 4294967295
         i64.and
         i64.atomic.rmw32.cmpxchg_u
         local.set $l25
         local.get $l25
         local.get $l16
         i64.ne
         local.set $l17
        end
        local.get $p0
        i32.const 0
        i32.store offset=9440
        local.get $l17
        local.set $l27
        local.get $l27
        i64.extend_i32_u
        local.set $l28
        local.get $l28
        i32.wrap_i64
        i32.const 0
        i32.ne
        if $I9
         i32.const 1073750016
         local.set $l15
         local.get $l8
         i32.const 0
         i32.le_s
         br_if $B2
         br $L4
        else
         local.get $p0
         local.get $l18
         i64.store
         local.get $p0
         local.get $l28
         i64.store offset=16
         local.get $l8
         i32.const -1
         i32.add
         local.set $l8
         local.get $p0
         i64.load offset=240
         local.set $l10
         local.get $l10
         local.set $l29
         br $B3
        end
       end
      end
     end
     local.get $p0
     local.get $l8
     i32.store offset=9176
     local.get $l29
     return
    end
    local.get $p0
    local.get $l18
    i64.store
    local.get $p0
    local.get $l28
    i64.store offset=16
    br $B1
   end
   local.get $p0
   local.get $l8
   local.get $l15
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l15
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l15
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l29
   local.get $l15
   i32.const 8192
   i32.and
   if $I10
    local.get $l29
    return
   end
   local.get $p0
   local.get $l29
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
