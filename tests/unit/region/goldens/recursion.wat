;; fib
;;   0  cmp x0, #0x2
;;   4  b.lt 0x34
;;   8  stp x29, x30, [sp, #-32]!
;;   c  str x0, [sp, #16]
;;  10  sub x0, x0, #0x1
;;  14  bl 0x0
;;  18  ldr x1, [sp, #16]
;;  1c  str x0, [sp, #16]
;;  20  sub x0, x1, #0x2
;;  24  bl 0x0
;;  28  ldr x1, [sp, #16]
;;  2c  add x0, x0, x1
;;  30  ldp x29, x30, [sp], #32
;;  34  ret
 (func $r0.0 (type $t1) (param $p0 i32) (param $p1 i32) (param $p2 i64) (param $p3 i32) (result i64)
  ;; locals: 5 i32, 10 i64
  block $B0 (result i64)
   block $B1
    block $B2
     block $B3
      block $B4
       local.get $p0
       i32.load offset=9176
       local.set $l4
       block $B5
        local.get $l4
        i32.const -2
        i32.add
        local.set $l4
        local.get $p0
        i64.load
        local.set $l5
        local.get $l5
        local.set $l6
        i64.const 2
        local.set $l7
        i32.const 4
        local.set $l8
        local.get $l5
        i64.const 2
        i64.sub
        drop
        local.get $l6
        local.get $l7
        i64.lt_s
        if $I6
         br $B5
        else
         local.get $l4
         i32.const -4
         i32.add
         local.set $l4
         local.get $p0
         i64.load offset=232
         local.set $l9
         local.get $p0
         i64.load offset=240
         local.set $l10
         local.get $p0
         i64.load offset=256
         local.set $l11
         local.get $p0
         i64.load offset=9400
         local.get $p0
         i64.load offset=9392
         local.get $p2
         i64.const 0
         i64.lt_s
         select
         local.set $l12
         local.get $l11
         i64.const -32
         i64.add
         local.set $l13
         local.get $l13
         local.set $l14
         i32.const 268501000
         local.set $l16
         local.get $p0
         local.get $l14
         i64.const 7
         i64.shr_u
         i32.wrap_i64
         i32.const 131040
         i32.and
         i32.add
         local.tee $l15
         i64.load offset=12296
         local.get $l14
         i64.const 23
         i64.add
         i64.const -4096
         i64.and
         local.get $l12
         i64.or
         i64.ne
         br_if $B3
         local.get $l14
         i32.wrap_i64
         local.get $l15
         i32.load offset=12304
         i32.add
         local.set $l17
         local.get $l17
         local.get $l9
         i64.store align=1
         local.get $l17
         local.get $l10
         i64.store offset=8 align=1
         local.get $l13
         local.set $l11
         local.get $p0
         local.get $l11
         i64.store offset=256
         local.get $l17
         local.get $l5
         i64.store offset=16 align=1
         local.get $l5
         i64.const 1
         i64.sub
         local.set $l5
         local.get $p2
         i64.const 20
         i64.add
         i64.const 4
         i64.add
         local.set $l10
         local.get $p0
         local.get $l5
         i64.store
         local.get $p0
         local.get $l10
         i64.store offset=240
         block $B7
          local.get $l4
          i32.const -2
          i32.add
          local.set $l4
          local.get $l5
          local.set $l6
          i64.const 2
          local.set $l7
          i32.const 4
          local.set $l8
          local.get $l5
          i64.const 2
          i64.sub
          drop
          local.get $l6
          local.get $l7
          i64.lt_s
          if $I8
           br $B7
          else
           local.get $l4
           i32.const -4
           i32.add
           local.set $l4
           local.get $l11
           i64.const -32
           i64.add
           local.set $l13
           local.get $l13
           local.set $l14
           i32.const 268501000
           local.set $l16
           local.get $p0
           local.get $l14
           i64.const 7
           i64.shr_u
           i32.wrap_i64
           i32.const 131040
           i32.and
           i32.add
           local.tee $l15
           i64.load offset=12296
           local.get $l14
           i64.const 23
           i64.add
           i64.const -4096
           i64.and
           local.get $l12
           i64.or
           i64.ne
           br_if $B3
           local.get $l14
           i32.wrap_i64
           local.get $l15
           i32.load offset=12304
           i32.add
           local.set $l17
           local.get $l17
           local.get $l9
           i64.store align=1
           local.get $l17
           local.get $l10
           i64.store offset=8 align=1
           local.get $l13
           local.set $l11
           local.get $p0
           local.get $l11
           i64.store offset=256
           local.get $l17
           local.get $l5
           i64.store offset=16 align=1
           local.get $l5
           i64.const 1
           i64.sub
           local.set $l5
           local.get $p2
           i64.const 20
           i64.add
           i64.const 4
           i64.add
           local.set $l10
           local.get $p0
           local.get $l5
           i64.store
           local.get $p0
           local.get $l10
           i64.store offset=240
           local.get $p0
           local.get $l8
           i32.store offset=9180
           local.get $p0
           local.get $l6
           i64.store offset=9184
           local.get $p0
           local.get $l7
           i64.store offset=9192
           local.get $p0
           local.get $l4
           i32.store offset=9176
           local.get $l4
           i32.const 0
           i32.gt_s
           local.get $p3
           i32.const 600
           i32.lt_u
           i32.and
           if $I9
            local.get $p0
            local.get $p1
            local.get $p2
            local.get $p3
            i32.const 1
            i32.add
            call $r0.0
            local.set $l18
           else
            local.get $p2
            local.set $l18
           end
           local.get $l18
           local.get $p2
           i64.const 24
           i64.add
           i64.ne
           if $I10
            local.get $p0
            local.get $l18
            local.get $p2
            i64.const 24
            i64.add
            local.get $p1
            i32.const 96
            i32.add
            local.get $p3
            i32.const 1
            i32.add
            call $core.finishCall
            local.set $l18
            local.get $l18
            local.get $p2
            i64.const 24
            i64.add
            i64.ne
            if $I11
             local.get $l18
             return
            end
           end
           local.get $p0
           i32.load offset=9176
           local.set $l4
           local.get $p0
           i32.load offset=9180
           local.set $l8
           local.get $p0
           i64.load offset=9184
           local.set $l6
           local.get $p0
           i64.load offset=9192
           local.set $l7
           local.get $l4
           i32.const -4
           i32.add
           local.set $l4
           local.get $p0
           i64.load offset=256
           local.set $l9
           local.get $p0
           i64.load offset=9400
           local.get $p0
           i64.load offset=9392
           local.get $p2
           i64.const 0
           i64.lt_s
           select
           local.set $l12
           local.get $l9
           i64.const 16
           i64.add
           local.set $l13
           i32.const 268501016
           local.set $l16
           local.get $p0
           local.get $l13
           i64.const 7
           i64.shr_u
           i32.wrap_i64
           i32.const 131040
           i32.and
           i32.add
           local.tee $l15
           i64.load offset=12296
           local.get $l13
           i64.const 7
           i64.add
           i64.const -4096
           i64.and
           local.get $l12
           i64.or
           i64.ne
           br_if $B2
           local.get $l13
           i32.wrap_i64
           local.get $l15
           i32.load offset=12304
           i32.add
           local.set $l17
           local.get $l17
           i64.load align=1
           local.set $l5
           local.get $p0
           local.get $l5
           i64.store offset=8
           local.get $p0
           i64.load
           local.set $l10
           local.get $l17
           local.get $l10
           i64.store align=1
           local.get $l5
           i64.const 2
           i64.sub
           local.set $l10
           local.get $p2
           i64.const 36
           i64.add
           i64.const 4
           i64.add
           local.set $l11
           local.get $p0
           local.get $l10
           i64.store
           local.get $p0
           local.get $l11
           i64.store offset=240
           local.get $p0
           local.get $l4
           i32.store offset=9176
           local.get $l4
           i32.const 0
           i32.gt_s
           local.get $p3
           i32.const 600
           i32.lt_u
           i32.and
           if $I12
            local.get $p0
            local.get $p1
            local.get $p2
            local.get $p3
            i32.const 1
            i32.add
            call $r0.0
            local.set $l18
           else
            local.get $p2
            local.set $l18
           end
           local.get $l18
           local.get $p2
           i64.const 40
           i64.add
           i64.ne
           if $I13
            local.get $p0
            local.get $l18
            local.get $p2
            i64.const 40
            i64.add
            local.get $p1
            i32.const 160
            i32.add
            local.get $p3
            i32.const 1
            i32.add
            call $core.finishCall
            local.set $l18
            local.get $l18
            local.get $p2
            i64.const 40
            i64.add
            i64.ne
            if $I14
             local.get $l18
             return
            end
           end
           local.get $p0
           i32.load offset=9176
           local.set $l4
           local.get $p0
           i32.load offset=9180
           local.set $l8
           local.get $p0
           i64.load offset=9184
           local.set $l6
           local.get $p0
           i64.load offset=9192
           local.set $l7
           local.get $l4
           i32.const -3
           i32.add
           local.set $l4
           local.get $p0
           i64.load offset=256
           local.set $l9
           local.get $p0
           i64.load offset=9400
           local.get $p0
           i64.load offset=9392
           local.get $p2
           i64.const 0
           i64.lt_s
           select
           local.set $l12
           local.get $l9
           i64.const 16
           i64.add
           i64.const -16
           i64.add
           local.set $l13
           i32.const 268484648
           local.set $l16
           local.get $p0
           local.get $l13
           i64.const 7
           i64.shr_u
           i32.wrap_i64
           i32.const 131040
           i32.and
           i32.add
           local.tee $l15
           i64.load offset=12288
           local.get $l13
           i64.const 23
           i64.add
           i64.const -4096
           i64.and
           local.get $l12
           i64.or
           i64.ne
           br_if $B2
           local.get $l13
           i32.wrap_i64
           local.get $l15
           i32.load offset=12304
           i32.add
           local.set $l17
           local.get $l17
           i64.load offset=16 align=1
           local.set $l5
           local.get $p0
           i64.load
           local.set $l10
           local.get $l10
           local.get $l5
           i64.add
           local.set $l10
           local.get $p0
           local.get $l10
           i64.store
           local.get $p0
           local.get $l5
           i64.store offset=8
           local.get $l17
           i64.load align=1
           local.set $l10
           local.get $l17
           i64.load offset=8 align=1
           local.set $l11
           local.get $l9
           i64.const 32
           i64.add
           local.set $l9
           local.get $p0
           local.get $l10
           i64.store offset=232
           local.get $p0
           local.get $l11
           i64.store offset=240
           local.get $p0
           local.get $l9
           i64.store offset=256
           br $B7
          end
         end
         local.get $l4
         i32.const -1
         i32.add
         local.set $l4
         local.get $p0
         i64.load offset=240
         local.set $l5
         local.get $l5
         local.set $l18
         local.get $l18
         local.get $p2
         i64.const 24
         i64.add
         i64.eq
         if $I15
          local.get $l4
          i32.const -4
          i32.add
          local.set $l4
          local.get $p0
          i64.load offset=256
          local.set $l10
          local.get $p0
          i64.load offset=9400
          local.get $p0
          i64.load offset=9392
          local.get $p2
          i64.const 0
          i64.lt_s
          select
          local.set $l12
          local.get $l10
          i64.const 16
          i64.add
          local.set $l13
          i32.const 268501016
          local.set $l16
          local.get $p0
          local.get $l13
          i64.const 7
          i64.shr_u
          i32.wrap_i64
          i32.const 131040
          i32.and
          i32.add
          local.tee $l15
          i64.load offset=12296
          local.get $l13
          i64.const 7
          i64.add
          i64.const -4096
          i64.and
          local.get $l12
          i64.or
          i64.ne
          br_if $B3
          local.get $l13
          i32.wrap_i64
          local.get $l15
          i32.load offset=12304
          i32.add
          local.set $l17
          local.get $l17
          i64.load align=1
          local.set $l9
          local.get $p0
          local.get $l9
          i64.store offset=8
          local.get $p0
          i64.load
          local.set $l11
          local.get $l17
          local.get $l11
          i64.store align=1
          local.get $l9
          i64.const 2
          i64.sub
          local.set $l11
          local.get $p2
          i64.const 36
          i64.add
          i64.const 4
          i64.add
          local.set $l5
          local.get $p0
          local.get $l11
          i64.store
          local.get $p0
          local.get $l5
          i64.store offset=240
          block $B16
           local.get $l4
           i32.const -2
           i32.add
           local.set $l4
           local.get $l11
           local.set $l6
           i64.const 2
           local.set $l7
           i32.const 4
           local.set $l8
           local.get $l11
           i64.const 2
           i64.sub
           drop
           local.get $l6
           local.get $l7
           i64.lt_s
           if $I17
            br $B16
           else
            local.get $l4
            i32.const -4
            i32.add
            local.set $l4
            local.get $p0
            i64.load offset=232
            local.set $l9
            local.get $l10
            i64.const -32
            i64.add
            local.set $l13
            local.get $l13
            local.set $l14
            i32.const 268501000
            local.set $l16
            local.get $p0
            local.get $l14
            i64.const 7
            i64.shr_u
            i32.wrap_i64
            i32.const 131040
            i32.and
            i32.add
            local.tee $l15
            i64.load offset=12296
            local.get $l14
            i64.const 23
            i64.add
            i64.const -4096
            i64.and
            local.get $l12
            i64.or
            i64.ne
            br_if $B3
            local.get $l14
            i32.wrap_i64
            local.get $l15
            i32.load offset=12304
            i32.add
            local.set $l17
            local.get $l17
            local.get $l9
            i64.store align=1
            local.get $l17
            local.get $l5
            i64.store offset=8 align=1
            local.get $l13
            local.set $l10
            local.get $p0
            local.get $l10
            i64.store offset=256
            local.get $l17
            local.get $l11
            i64.store offset=16 align=1
            local.get $l11
            i64.const 1
            i64.sub
            local.set $l11
            local.get $p2
            i64.const 20
            i64.add
            i64.const 4
            i64.add
            local.set $l5
            local.get $p0
            local.get $l11
            i64.store
            local.get $p0
            local.get $l5
            i64.store offset=240
            local.get $p0
            local.get $l8
            i32.store offset=9180
            local.get $p0
            local.get $l6
            i64.store offset=9184
            local.get $p0
            local.get $l7
            i64.store offset=9192
            local.get $p0
            local.get $l4
            i32.store offset=9176
            local.get $l4
            i32.const 0
            i32.gt_s
            local.get $p3
            i32.const 600
            i32.lt_u
            i32.and
            if $I18
             local.get $p0
             local.get $p1
             local.get $p2
             local.get $p3
             i32.const 1
             i32.add
             call $r0.0
             local.set $l18
            else
             local.get $p2
             local.set $l18
            end
            local.get $l18
            local.get $p2
            i64.const 24
            i64.add
            i64.ne
            if $I19
             local.get $p0
             local.get $l18
             local.get $p2
             i64.const 24
             i64.add
             local.get $p1
             i32.const 96
             i32.add
             local.get $p3
             i32.const 1
             i32.add
             call $core.finishCall
             local.set $l18
             local.get $l18
             local.get $p2
             i64.const 24
             i64.add
             i64.ne
             if $I20
              local.get $l18
              return
             end
            end
            local.get $p0
            i32.load offset=9176
            local.set $l4
            local.get $p0
            i32.load offset=9180
            local.set $l8
            local.get $p0
            i64.load offset=9184
            local.set $l6
            local.get $p0
            i64.load offset=9192
            local.set $l7
            local.get $l4
            i32.const -4
            i32.add
            local.set $l4
            local.get $p0
            i64.load offset=256
            local.set $l9
            local.get $p0
            i64.load offset=9400
            local.get $p0
            i64.load offset=9392
            local.get $p2
            i64.const 0
            i64.lt_s
            select
            local.set $l12
            local.get $l9
            i64.const 16
            i64.add
            local.set $l13
            i32.const 268501016
            local.set $l16
            local.get $p0
            local.get $l13
            i64.const 7
            i64.shr_u
            i32.wrap_i64
            i32.const 131040
            i32.and
            i32.add
            local.tee $l15
            i64.load offset=12296
            local.get $l13
            i64.const 7
            i64.add
            i64.const -4096
            i64.and
            local.get $l12
            i64.or
            i64.ne
            br_if $B2
            local.get $l13
            i32.wrap_i64
            local.get $l15
            i32.load offset=12304
            i32.add
            local.set $l17
            local.get $l17
            i64.load align=1
            local.set $l5
            local.get $p0
            local.get $l5
            i64.store offset=8
            local.get $p0
            i64.load
            local.set $l10
            local.get $l17
            local.get $l10
            i64.store align=1
            local.get $l5
            i64.const 2
            i64.sub
            local.set $l10
            local.get $p2
            i64.const 36
            i64.add
            i64.const 4
            i64.add
            local.set $l11
            local.get $p0
            local.get $l10
            i64.store
            local.get $p0
            local.get $l11
            i64.store offset=240
            local.get $p0
            local.get $l4
            i32.store offset=9176
            local.get $l4
            i32.const 0
            i32.gt_s
            local.get $p3
            i32.const 600
            i32.lt_u
            i32.and
            if $I21
             local.get $p0
             local.get $p1
             local.get $p2
             local.get $p3
             i32.const 1
             i32.add
             call $r0.0
             local.set $l18
            else
             local.get $p2
             local.set $l18
            end
            local.get $l18
            local.get $p2
            i64.const 40
            i64.add
            i64.ne
            if $I22
             local.get $p0
             local.get $l18
             local.get $p2
             i64.const 40
             i64.add
             local.get $p1
             i32.const 160
             i32.add
             local.get $p3
             i32.const 1
             i32.add
             call $core.finishCall
             local.set $l18
             local.get $l18
             local.get $p2
             i64.const 40
             i64.add
             i64.ne
             if $I23
              local.get $l18
              return
             end
            end
            local.get $p0
            i32.load offset=9176
            local.set $l4
            local.get $p0
            i32.load offset=9180
            local.set $l8
            local.get $p0
            i64.load offset=9184
            local.set $l6
            local.get $p0
            i64.load offset=9192
            local.set $l7
            local.get $l4
            i32.const -3
            i32.add
            local.set $l4
            local.get $p0
            i64.load offset=256
            local.set $l9
            local.get $p0
            i64.load offset=9400
            local.get $p0
            i64.load offset=9392
            local.get $p2
            i64.const 0
            i64.lt_s
            select
            local.set $l12
            local.get $l9
            i64.const 16
            i64.add
            i64.const -16
            i64.add
            local.set $l13
            i32.const 268484648
            local.set $l16
            local.get $p0
            local.get $l13
            i64.const 7
            i64.shr_u
            i32.wrap_i64
            i32.const 131040
            i32.and
            i32.add
            local.tee $l15
            i64.load offset=12288
            local.get $l13
            i64.const 23
            i64.add
            i64.const -4096
            i64.and
            local.get $l12
            i64.or
            i64.ne
            br_if $B2
            local.get $l13
            i32.wrap_i64
            local.get $l15
            i32.load offset=12304
            i32.add
            local.set $l17
            local.get $l17
            i64.load offset=16 align=1
            local.set $l5
            local.get $p0
            i64.load
            local.set $l10
            local.get $l10
            local.get $l5
            i64.add
            local.set $l10
            local.get $p0
            local.get $l10
            i64.store
            local.get $p0
            local.get $l5
            i64.store offset=8
            local.get $l17
            i64.load align=1
            local.set $l10
            local.get $l17
            i64.load offset=8 align=1
            local.set $l11
            local.get $l9
            i64.const 32
            i64.add
            local.set $l9
            local.get $p0
            local.get $l10
            i64.store offset=232
            local.get $p0
            local.get $l11
            i64.store offset=240
            local.get $p0
            local.get $l9
            i64.store offset=256
            br $B16
           end
          end
          local.get $l4
          i32.const -1
          i32.add
          local.set $l4
          local.get $p0
          i64.load offset=240
          local.set $l5
          local.get $l5
          local.set $l18
          local.get $l18
          local.get $p2
          i64.const 40
          i64.add
          i64.eq
          if $I24
           local.get $l4
           i32.const -3
           i32.add
           local.set $l4
           local.get $p0
           i64.load offset=256
           local.set $l10
           local.get $p0
           i64.load offset=9400
           local.get $p0
           i64.load offset=9392
           local.get $p2
           i64.const 0
           i64.lt_s
           select
           local.set $l12
           local.get $l10
           i64.const 16
           i64.add
           i64.const -16
           i64.add
           local.set $l13
           i32.const 268484648
           local.set $l16
           local.get $p0
           local.get $l13
           i64.const 7
           i64.shr_u
           i32.wrap_i64
           i32.const 131040
           i32.and
           i32.add
           local.tee $l15
           i64.load offset=12288
           local.get $l13
           i64.const 23
           i64.add
           i64.const -4096
           i64.and
           local.get $l12
           i64.or
           i64.ne
           br_if $B3
           local.get $l13
           i32.wrap_i64
           local.get $l15
           i32.load offset=12304
           i32.add
           local.set $l17
           local.get $l17
           i64.load offset=16 align=1
           local.set $l9
           local.get $p0
           i64.load
           local.set $l11
           local.get $l11
           local.get $l9
           i64.add
           local.set $l11
           local.get $p0
           local.get $l11
           i64.store
           local.get $p0
           local.get $l9
           i64.store offset=8
           local.get $l17
           i64.load align=1
           local.set $l11
           local.get $l17
           i64.load offset=8 align=1
           local.set $l5
           local.get $l10
           i64.const 32
           i64.add
           local.set $l10
           local.get $p0
           local.get $l11
           i64.store offset=232
           local.get $p0
           local.get $l5
           i64.store offset=240
           local.get $p0
           local.get $l10
           i64.store offset=256
           br $B5
          else
           local.get $p0
           local.get $l8
           i32.store offset=9180
           local.get $p0
           local.get $l6
           i64.store offset=9184
           local.get $p0
           local.get $l7
           i64.store offset=9192
           br $B4
          end
         else
          local.get $p0
          local.get $l8
          i32.store offset=9180
          local.get $p0
          local.get $l6
          i64.store offset=9184
          local.get $p0
          local.get $l7
          i64.store offset=9192
          br $B4
         end
        end
       end
       local.get $l4
       i32.const -1
       i32.add
       local.set $l4
       local.get $p0
       i64.load offset=240
       local.set $l5
       local.get $l5
       local.set $l18
       local.get $p0
       local.get $l8
       i32.store offset=9180
       local.get $p0
       local.get $l6
       i64.store offset=9184
       local.get $p0
       local.get $l7
       i64.store offset=9192
       br $B4
      end
      local.get $p0
      local.get $l4
      i32.store offset=9176
      local.get $l18
      return
     end
     local.get $p0
     local.get $l8
     i32.store offset=9180
     local.get $p0
     local.get $l6
     i64.store offset=9184
     local.get $p0
     local.get $l7
     i64.store offset=9192
     br $B2
    end
    br $B1
   end
   local.get $p0
   local.get $l4
   local.get $l16
   i32.const 14
   i32.shr_u
   i32.const 16383
   i32.and
   i32.add
   i32.store offset=9176
   local.get $p0
   local.get $l16
   i32.const 28
   i32.shr_u
   i32.store offset=9232
   local.get $p2
   local.get $l16
   i32.const 8191
   i32.and
   i64.extend_i32_u
   i64.add
   local.set $l18
   local.get $l16
   i32.const 8192
   i32.and
   if $I25
    local.get $l18
    return
   end
   local.get $p0
   local.get $l18
   i64.store offset=800
   local.get $p0
   i32.const 17
   i32.store offset=9116
   i64.const -1
  end)
