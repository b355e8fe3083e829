/**
 * Names of the system registers, in lower case as assemblers print them, by the encoding that MRS and MSR use
 * (Arm ARM, D19 and the registers of the trace, statistical profiling and Armv8-R extensions).
 */

/** Key: op0, op1, CRn. Value: `CRm.op2=name` items. */
const NAMES: Readonly<Record<string, string>> = {
  '2 0 0': `
    0.2=osdtrrx_el1 0.4=dbgbvr0_el1 0.5=dbgbcr0_el1 0.6=dbgwvr0_el1 0.7=dbgwcr0_el1 1.4=dbgbvr1_el1
    1.5=dbgbcr1_el1 1.6=dbgwvr1_el1 1.7=dbgwcr1_el1 2.0=mdccint_el1 2.2=mdscr_el1 2.4=dbgbvr2_el1
    2.5=dbgbcr2_el1 2.6=dbgwvr2_el1 2.7=dbgwcr2_el1 3.2=osdtrtx_el1 3.4=dbgbvr3_el1 3.5=dbgbcr3_el1
    3.6=dbgwvr3_el1 3.7=dbgwcr3_el1 4.4=dbgbvr4_el1 4.5=dbgbcr4_el1 4.6=dbgwvr4_el1 4.7=dbgwcr4_el1
    5.4=dbgbvr5_el1 5.5=dbgbcr5_el1 5.6=dbgwvr5_el1 5.7=dbgwcr5_el1 6.2=oseccr_el1 6.4=dbgbvr6_el1
    6.5=dbgbcr6_el1 6.6=dbgwvr6_el1 6.7=dbgwcr6_el1 7.4=dbgbvr7_el1 7.5=dbgbcr7_el1 7.6=dbgwvr7_el1
    7.7=dbgwcr7_el1 8.4=dbgbvr8_el1 8.5=dbgbcr8_el1 8.6=dbgwvr8_el1 8.7=dbgwcr8_el1 9.4=dbgbvr9_el1
    9.5=dbgbcr9_el1 9.6=dbgwvr9_el1 9.7=dbgwcr9_el1 10.4=dbgbvr10_el1 10.5=dbgbcr10_el1
    10.6=dbgwvr10_el1 10.7=dbgwcr10_el1 11.4=dbgbvr11_el1 11.5=dbgbcr11_el1 11.6=dbgwvr11_el1
    11.7=dbgwcr11_el1 12.4=dbgbvr12_el1 12.5=dbgbcr12_el1 12.6=dbgwvr12_el1 12.7=dbgwcr12_el1
    13.4=dbgbvr13_el1 13.5=dbgbcr13_el1 13.6=dbgwvr13_el1 13.7=dbgwcr13_el1 14.4=dbgbvr14_el1
    14.5=dbgbcr14_el1 14.6=dbgwvr14_el1 14.7=dbgwcr14_el1 15.4=dbgbvr15_el1 15.5=dbgbcr15_el1
    15.6=dbgwvr15_el1 15.7=dbgwcr15_el1`,
  '2 0 1': '0.0=mdrar_el1 0.4=oslar_el1 1.4=oslsr_el1 3.4=osdlr_el1 4.4=dbgprcr_el1',
  '2 0 7': '8.6=dbgclaimset_el1 9.6=dbgclaimclr_el1 14.6=dbgauthstatus_el1',
  '2 0 8': '0.0=csrcr_el1 0.1=csrptr_el1 0.3=csrptridx_el1',
  '2 1 0': `
    0.1=trctraceidr 0.2=trcvictlr 0.4=trcseqevr0 0.5=trccntrldvr0 0.6=trcidr8 0.7=trcimspec0
    1.0=trcprgctlr 1.1=trcqctlr 1.2=trcviiectlr 1.4=trcseqevr1 1.5=trccntrldvr1 1.6=trcidr9
    1.7=trcimspec1 2.0=trcprocselr 2.2=trcvissctlr 2.4=trcseqevr2 2.5=trccntrldvr2 2.6=trcidr10
    2.7=trcimspec2 3.0=trcstatr 3.2=trcvipcssctlr 3.5=trccntrldvr3 3.6=trcidr11 3.7=trcimspec3
    4.0=trcconfigr 4.5=trccntctlr0 4.6=trcidr12 4.7=trcimspec4 5.5=trccntctlr1 5.6=trcidr13
    5.7=trcimspec5 6.0=trcauxctlr 6.4=trcseqrstevr 6.5=trccntctlr2 6.7=trcimspec6 7.4=trcseqstr
    7.5=trccntctlr3 7.7=trcimspec7 8.0=trceventctl0r 8.2=trcvdctlr 8.4=trcextinselr0 8.5=trccntvr0
    8.7=trcidr0 9.0=trceventctl1r 9.2=trcvdsacctlr 9.4=trcextinselr1 9.5=trccntvr1 9.7=trcidr1
    10.0=trcrsr 10.2=trcvdarcctlr 10.4=trcextinselr2 10.5=trccntvr2 10.7=trcidr2 11.0=trcstallctlr
    11.4=trcextinselr3 11.5=trccntvr3 11.7=trcidr3 12.0=trctsctlr 12.7=trcidr4 13.0=trcsyncpr
    13.7=trcidr5 14.0=trcccctlr 14.7=trcidr6 15.0=trcbbctlr 15.7=trcidr7`,
  '2 1 1': `
    0.1=trcrsctlr16 0.2=trcssccr0 0.3=trcsspcicr0 0.4=trcoslar 1.1=trcrsctlr17 1.2=trcssccr1
    1.3=trcsspcicr1 1.4=trcoslsr 2.0=trcrsctlr2 2.1=trcrsctlr18 2.2=trcssccr2 2.3=trcsspcicr2
    3.0=trcrsctlr3 3.1=trcrsctlr19 3.2=trcssccr3 3.3=trcsspcicr3 4.0=trcrsctlr4 4.1=trcrsctlr20
    4.2=trcssccr4 4.3=trcsspcicr4 4.4=trcpdcr 5.0=trcrsctlr5 5.1=trcrsctlr21 5.2=trcssccr5
    5.3=trcsspcicr5 5.4=trcpdsr 6.0=trcrsctlr6 6.1=trcrsctlr22 6.2=trcssccr6 6.3=trcsspcicr6
    7.0=trcrsctlr7 7.1=trcrsctlr23 7.2=trcssccr7 7.3=trcsspcicr7 8.0=trcrsctlr8 8.1=trcrsctlr24
    8.2=trcsscsr0 9.0=trcrsctlr9 9.1=trcrsctlr25 9.2=trcsscsr1 10.0=trcrsctlr10 10.1=trcrsctlr26
    10.2=trcsscsr2 11.0=trcrsctlr11 11.1=trcrsctlr27 11.2=trcsscsr3 12.0=trcrsctlr12 12.1=trcrsctlr28
    12.2=trcsscsr4 13.0=trcrsctlr13 13.1=trcrsctlr29 13.2=trcsscsr5 14.0=trcrsctlr14 14.1=trcrsctlr30
    14.2=trcsscsr6 15.0=trcrsctlr15 15.1=trcrsctlr31 15.2=trcsscsr7`,
  '2 1 2': `
    0.0=trcacvr0 0.1=trcacvr8 0.2=trcacatr0 0.3=trcacatr8 0.4=trcdvcvr0 0.5=trcdvcvr4 0.6=trcdvcmr0
    0.7=trcdvcmr4 2.0=trcacvr1 2.1=trcacvr9 2.2=trcacatr1 2.3=trcacatr9 4.0=trcacvr2 4.1=trcacvr10
    4.2=trcacatr2 4.3=trcacatr10 4.4=trcdvcvr1 4.5=trcdvcvr5 4.6=trcdvcmr1 4.7=trcdvcmr5 6.0=trcacvr3
    6.1=trcacvr11 6.2=trcacatr3 6.3=trcacatr11 8.0=trcacvr4 8.1=trcacvr12 8.2=trcacatr4 8.3=trcacatr12
    8.4=trcdvcvr2 8.5=trcdvcvr6 8.6=trcdvcmr2 8.7=trcdvcmr6 10.0=trcacvr5 10.1=trcacvr13 10.2=trcacatr5
    10.3=trcacatr13 12.0=trcacvr6 12.1=trcacvr14 12.2=trcacatr6 12.3=trcacatr14 12.4=trcdvcvr3
    12.5=trcdvcvr7 12.6=trcdvcmr3 12.7=trcdvcmr7 14.0=trcacvr7 14.1=trcacvr15 14.2=trcacatr7
    14.3=trcacatr15`,
  '2 1 3': `
    0.0=trccidcvr0 0.1=trcvmidcvr0 0.2=trccidcctlr0 1.2=trccidcctlr1 2.0=trccidcvr1 2.1=trcvmidcvr1
    2.2=trcvmidcctlr0 3.2=trcvmidcctlr1 4.0=trccidcvr2 4.1=trcvmidcvr2 6.0=trccidcvr3 6.1=trcvmidcvr3
    8.0=trccidcvr4 8.1=trcvmidcvr4 10.0=trccidcvr5 10.1=trcvmidcvr5 12.0=trccidcvr6 12.1=trcvmidcvr6
    14.0=trccidcvr7 14.1=trcvmidcvr7`,
  '2 1 7': `
    0.4=trcitctrl 2.7=trcdevid 3.7=trcdevtype 4.7=trcpidr4 5.7=trcpidr5 6.7=trcpidr6 7.7=trcpidr7
    8.6=trcclaimset 8.7=trcpidr0 9.6=trcclaimclr 9.7=trcpidr1 10.6=trcdevaff0 10.7=trcpidr2
    11.6=trcdevaff1 11.7=trcpidr3 12.6=trclar 12.7=trccidr0 13.6=trclsr 13.7=trccidr1 14.6=trcauthstatus
    14.7=trccidr2 15.6=trcdevarch 15.7=trccidr3`,
  '2 1 8': `
    0.0=brbinf0_el1 0.1=brbsrc0_el1 0.2=brbtgt0_el1 0.4=brbinf16_el1 0.5=brbsrc16_el1 0.6=brbtgt16_el1
    1.0=brbinf1_el1 1.1=brbsrc1_el1 1.2=brbtgt1_el1 1.4=brbinf17_el1 1.5=brbsrc17_el1 1.6=brbtgt17_el1
    2.0=brbinf2_el1 2.1=brbsrc2_el1 2.2=brbtgt2_el1 2.4=brbinf18_el1 2.5=brbsrc18_el1 2.6=brbtgt18_el1
    3.0=brbinf3_el1 3.1=brbsrc3_el1 3.2=brbtgt3_el1 3.4=brbinf19_el1 3.5=brbsrc19_el1 3.6=brbtgt19_el1
    4.0=brbinf4_el1 4.1=brbsrc4_el1 4.2=brbtgt4_el1 4.4=brbinf20_el1 4.5=brbsrc20_el1 4.6=brbtgt20_el1
    5.0=brbinf5_el1 5.1=brbsrc5_el1 5.2=brbtgt5_el1 5.4=brbinf21_el1 5.5=brbsrc21_el1 5.6=brbtgt21_el1
    6.0=brbinf6_el1 6.1=brbsrc6_el1 6.2=brbtgt6_el1 6.4=brbinf22_el1 6.5=brbsrc22_el1 6.6=brbtgt22_el1
    7.0=brbinf7_el1 7.1=brbsrc7_el1 7.2=brbtgt7_el1 7.4=brbinf23_el1 7.5=brbsrc23_el1 7.6=brbtgt23_el1
    8.0=brbinf8_el1 8.1=brbsrc8_el1 8.2=brbtgt8_el1 8.4=brbinf24_el1 8.5=brbsrc24_el1 8.6=brbtgt24_el1
    9.0=brbinf9_el1 9.1=brbsrc9_el1 9.2=brbtgt9_el1 9.4=brbinf25_el1 9.5=brbsrc25_el1 9.6=brbtgt25_el1
    10.0=brbinf10_el1 10.1=brbsrc10_el1 10.2=brbtgt10_el1 10.4=brbinf26_el1 10.5=brbsrc26_el1
    10.6=brbtgt26_el1 11.0=brbinf11_el1 11.1=brbsrc11_el1 11.2=brbtgt11_el1 11.4=brbinf27_el1
    11.5=brbsrc27_el1 11.6=brbtgt27_el1 12.0=brbinf12_el1 12.1=brbsrc12_el1 12.2=brbtgt12_el1
    12.4=brbinf28_el1 12.5=brbsrc28_el1 12.6=brbtgt28_el1 13.0=brbinf13_el1 13.1=brbsrc13_el1
    13.2=brbtgt13_el1 13.4=brbinf29_el1 13.5=brbsrc29_el1 13.6=brbtgt29_el1 14.0=brbinf14_el1
    14.1=brbsrc14_el1 14.2=brbtgt14_el1 14.4=brbinf30_el1 14.5=brbsrc30_el1 14.6=brbtgt30_el1
    15.0=brbinf15_el1 15.1=brbsrc15_el1 15.2=brbtgt15_el1 15.4=brbinf31_el1 15.5=brbsrc31_el1
    15.6=brbtgt31_el1`,
  '2 1 9': `
    0.0=brbcr_el1 0.1=brbfcr_el1 0.2=brbts_el1 1.0=brbinfinj_el1 1.1=brbsrcinj_el1 1.2=brbtgtinj_el1
    2.0=brbidr0_el1`,
  '2 2 0': '0.0=teecr32_el1',
  '2 2 1': '0.0=teehbr32_el1',
  '2 3 0': '1.0=mdccsr_el0 4.0=dbgdtr_el0 5.0=dbgdtrrx_el0',
  '2 3 8': '0.0=csrcr_el0 0.1=csrptr_el0 0.2=csridr_el0 0.3=csrptridx_el0',
  '2 4 0': '7.0=dbgvcr32_el2',
  '2 4 8': '0.0=csrcr_el2 0.1=csrptr_el2 0.3=csrptridx_el2',
  '2 4 9': '0.0=brbcr_el2',
  '2 5 8': '0.0=csrcr_el12 0.1=csrptr_el12',
  '2 5 9': '0.0=brbcr_el12',
  '3 0 0': `
    0.0=midr_el1 0.4=mpuir_el1 0.5=mpidr_el1 0.6=revidr_el1 1.0=id_pfr0_el1 1.1=id_pfr1_el1
    1.2=id_dfr0_el1 1.3=id_afr0_el1 1.4=id_mmfr0_el1 1.5=id_mmfr1_el1 1.6=id_mmfr2_el1 1.7=id_mmfr3_el1
    2.0=id_isar0_el1 2.1=id_isar1_el1 2.2=id_isar2_el1 2.3=id_isar3_el1 2.4=id_isar4_el1
    2.5=id_isar5_el1 2.6=id_mmfr4_el1 2.7=id_isar6_el1 3.0=mvfr0_el1 3.1=mvfr1_el1 3.2=mvfr2_el1
    3.4=id_pfr2_el1 3.5=id_dfr1_el1 3.6=id_mmfr5_el1 4.0=id_aa64pfr0_el1 4.1=id_aa64pfr1_el1
    4.2=id_aa64pfr2_el1 4.4=id_aa64zfr0_el1 4.5=id_aa64smfr0_el1 4.7=id_aa64fpfr0_el1
    5.0=id_aa64dfr0_el1 5.1=id_aa64dfr1_el1 5.2=id_aa64dfr2_el1 5.4=id_aa64afr0_el1 5.5=id_aa64afr1_el1
    6.0=id_aa64isar0_el1 6.1=id_aa64isar1_el1 6.2=id_aa64isar2_el1 6.3=id_aa64isar3_el1
    7.0=id_aa64mmfr0_el1 7.1=id_aa64mmfr1_el1 7.2=id_aa64mmfr2_el1 7.3=id_aa64mmfr3_el1
    7.4=id_aa64mmfr4_el1`,
  '3 0 1': `
    0.0=sctlr_el1 0.1=actlr_el1 0.2=cpacr_el1 0.3=sctlr2_el1 0.5=rgsr_el1 0.6=gcr_el1 2.0=zcr_el1
    2.1=trfcr_el1 2.4=smpri_el1 2.6=smcr_el1`,
  '3 0 2': `
    0.0=ttbr0_el1 0.1=ttbr1_el1 0.2=tcr_el1 0.3=tcr2_el1 1.0=apiakeylo_el1 1.1=apiakeyhi_el1
    1.2=apibkeylo_el1 1.3=apibkeyhi_el1 2.0=apdakeylo_el1 2.1=apdakeyhi_el1 2.2=apdbkeylo_el1
    2.3=apdbkeyhi_el1 3.0=apgakeylo_el1 3.1=apgakeyhi_el1 5.0=gcscr_el1 5.1=gcspr_el1 5.2=gcscre0_el1`,
  '3 0 4': `
    0.0=spsr_el1 0.1=elr_el1 1.0=sp_el0 2.0=spsel 2.2=currentel 2.3=pan 2.4=uao 3.0=allint 3.1=pm
    6.0=icc_pmr_el1`,
  '3 0 5': `
    1.0=afsr0_el1 1.1=afsr1_el1 2.0=esr_el1 3.0=erridr_el1 3.1=errselr_el1 4.0=erxfr_el1 4.1=erxctlr_el1
    4.2=erxstatus_el1 4.3=erxaddr_el1 4.4=erxpfgf_el1 4.5=erxpfgctl_el1 4.6=erxpfgcdn_el1
    5.0=erxmisc0_el1 5.1=erxmisc1_el1 5.2=erxmisc2_el1 5.3=erxmisc3_el1 6.0=tfsr_el1 6.1=tfsre0_el1`,
  '3 0 6': `
    0.0=far_el1 1.1=prenr_el1 2.1=prselr_el1 8.0=prbar_el1 8.1=prlar_el1 8.4=prbar1_el1 8.5=prlar1_el1
    9.0=prbar2_el1 9.1=prlar2_el1 9.4=prbar3_el1 9.5=prlar3_el1 10.0=prbar4_el1 10.1=prlar4_el1
    10.4=prbar5_el1 10.5=prlar5_el1 11.0=prbar6_el1 11.1=prlar6_el1 11.4=prbar7_el1 11.5=prlar7_el1
    12.0=prbar8_el1 12.1=prlar8_el1 12.4=prbar9_el1 12.5=prlar9_el1 13.0=prbar10_el1 13.1=prlar10_el1
    13.4=prbar11_el1 13.5=prlar11_el1 14.0=prbar12_el1 14.1=prlar12_el1 14.4=prbar13_el1
    14.5=prlar13_el1 15.0=prbar14_el1 15.1=prlar14_el1 15.4=prbar15_el1 15.5=prlar15_el1`,
  '3 0 7': '4.0=par_el1',
  '3 0 9': `
    9.0=pmscr_el1 9.1=pmsnevfr_el1 9.2=pmsicr_el1 9.3=pmsirr_el1 9.4=pmsfcr_el1 9.5=pmsevfr_el1
    9.6=pmslatfr_el1 9.7=pmsidr_el1 10.0=pmblimitr_el1 10.1=pmbptr_el1 10.3=pmbsr_el1 10.7=pmbidr_el1
    11.0=trblimitr_el1 11.1=trbptr_el1 11.2=trbbaser_el1 11.3=trbsr_el1 11.4=trbmar_el1 11.6=trbtrg_el1
    11.7=trbidr_el1 14.1=pmintenset_el1 14.2=pmintenclr_el1 14.6=pmmir_el1`,
  '3 0 10': `
    2.0=mair_el1 2.1=mair2_el1 2.2=pire0_el1 2.3=pir_el1 2.4=por_el1 2.5=s2por_el1 3.0=amair_el1
    3.1=amair2_el1 4.0=lorsa_el1 4.1=lorea_el1 4.2=lorn_el1 4.3=lorc_el1 4.4=mpamidr_el1 4.7=lorid_el1
    5.0=mpam1_el1 5.1=mpam0_el1 5.3=mpamsm_el1`,
  '3 0 12': `
    0.0=vbar_el1 0.1=rvbar_el1 0.2=rmr_el1 1.0=isr_el1 1.1=disr_el1 8.0=icc_iar0_el1 8.1=icc_eoir0_el1
    8.2=icc_hppir0_el1 8.3=icc_bpr0_el1 8.4=icc_ap0r0_el1 8.5=icc_ap0r1_el1 8.6=icc_ap0r2_el1
    8.7=icc_ap0r3_el1 9.0=icc_ap1r0_el1 9.1=icc_ap1r1_el1 9.2=icc_ap1r2_el1 9.3=icc_ap1r3_el1
    9.5=icc_nmiar1_el1 11.1=icc_dir_el1 11.3=icc_rpr_el1 11.5=icc_sgi1r_el1 11.6=icc_asgi1r_el1
    11.7=icc_sgi0r_el1 12.0=icc_iar1_el1 12.1=icc_eoir1_el1 12.2=icc_hppir1_el1 12.3=icc_bpr1_el1
    12.4=icc_ctlr_el1 12.5=icc_sre_el1 12.6=icc_igrpen0_el1 12.7=icc_igrpen1_el1`,
  '3 0 13': '0.1=contextidr_el1 0.3=rcwsmask_el1 0.4=tpidr_el1 0.5=accdata_el1 0.6=rcwmask_el1 0.7=scxtnum_el1',
  '3 0 14': '1.0=cntkctl_el1',
  '3 1 0': '0.0=ccsidr_el1 0.1=clidr_el1 0.2=ccsidr2_el1 0.4=gmid_el1 0.6=smidr_el1 0.7=aidr_el1',
  '3 2 0': '0.0=csselr_el1',
  '3 3 0': '0.1=ctr_el0 0.7=dczid_el0',
  '3 3 2': '4.0=rndr 4.1=rndrrs 5.1=gcspr_el0',
  '3 3 4': `
    2.0=nzcv 2.1=daif 2.2=svcr 2.5=dit 2.6=ssbs 2.7=tco 4.0=fpcr 4.1=fpsr 4.2=fpmr 5.0=dspsr_el0
    5.1=dlr_el0`,
  '3 3 9': `
    12.0=pmcr_el0 12.1=pmcntenset_el0 12.2=pmcntenclr_el0 12.3=pmovsclr_el0 12.4=pmswinc_el0
    12.5=pmselr_el0 12.6=pmceid0_el0 12.7=pmceid1_el0 13.0=pmccntr_el0 13.1=pmxevtyper_el0
    13.2=pmxevcntr_el0 14.0=pmuserenr_el0 14.3=pmovsset_el0`,
  '3 3 10': '2.4=por_el0',
  '3 3 13': `
    0.2=tpidr_el0 0.3=tpidrro_el0 0.5=tpidr2_el0 0.7=scxtnum_el0 2.0=amcr_el0 2.1=amcfgr_el0
    2.2=amcgcr_el0 2.3=amuserenr_el0 2.4=amcntenclr0_el0 2.5=amcntenset0_el0 2.6=amcg1idr_el0
    3.0=amcntenclr1_el0 3.1=amcntenset1_el0 4.0=amevcntr00_el0 4.1=amevcntr01_el0 4.2=amevcntr02_el0
    4.3=amevcntr03_el0 6.0=amevtyper00_el0 6.1=amevtyper01_el0 6.2=amevtyper02_el0 6.3=amevtyper03_el0
    12.0=amevcntr10_el0 12.1=amevcntr11_el0 12.2=amevcntr12_el0 12.3=amevcntr13_el0 12.4=amevcntr14_el0
    12.5=amevcntr15_el0 12.6=amevcntr16_el0 12.7=amevcntr17_el0 13.0=amevcntr18_el0 13.1=amevcntr19_el0
    13.2=amevcntr110_el0 13.3=amevcntr111_el0 13.4=amevcntr112_el0 13.5=amevcntr113_el0
    13.6=amevcntr114_el0 13.7=amevcntr115_el0 14.0=amevtyper10_el0 14.1=amevtyper11_el0
    14.2=amevtyper12_el0 14.3=amevtyper13_el0 14.4=amevtyper14_el0 14.5=amevtyper15_el0
    14.6=amevtyper16_el0 14.7=amevtyper17_el0 15.0=amevtyper18_el0 15.1=amevtyper19_el0
    15.2=amevtyper110_el0 15.3=amevtyper111_el0 15.4=amevtyper112_el0 15.5=amevtyper113_el0
    15.6=amevtyper114_el0 15.7=amevtyper115_el0`,
  '3 3 14': `
    0.0=cntfrq_el0 0.1=cntpct_el0 0.2=cntvct_el0 0.5=cntpctss_el0 0.6=cntvctss_el0 2.0=cntp_tval_el0
    2.1=cntp_ctl_el0 2.2=cntp_cval_el0 3.0=cntv_tval_el0 3.1=cntv_ctl_el0 3.2=cntv_cval_el0
    8.0=pmevcntr0_el0 8.1=pmevcntr1_el0 8.2=pmevcntr2_el0 8.3=pmevcntr3_el0 8.4=pmevcntr4_el0
    8.5=pmevcntr5_el0 8.6=pmevcntr6_el0 8.7=pmevcntr7_el0 9.0=pmevcntr8_el0 9.1=pmevcntr9_el0
    9.2=pmevcntr10_el0 9.3=pmevcntr11_el0 9.4=pmevcntr12_el0 9.5=pmevcntr13_el0 9.6=pmevcntr14_el0
    9.7=pmevcntr15_el0 10.0=pmevcntr16_el0 10.1=pmevcntr17_el0 10.2=pmevcntr18_el0 10.3=pmevcntr19_el0
    10.4=pmevcntr20_el0 10.5=pmevcntr21_el0 10.6=pmevcntr22_el0 10.7=pmevcntr23_el0 11.0=pmevcntr24_el0
    11.1=pmevcntr25_el0 11.2=pmevcntr26_el0 11.3=pmevcntr27_el0 11.4=pmevcntr28_el0 11.5=pmevcntr29_el0
    11.6=pmevcntr30_el0 12.0=pmevtyper0_el0 12.1=pmevtyper1_el0 12.2=pmevtyper2_el0 12.3=pmevtyper3_el0
    12.4=pmevtyper4_el0 12.5=pmevtyper5_el0 12.6=pmevtyper6_el0 12.7=pmevtyper7_el0 13.0=pmevtyper8_el0
    13.1=pmevtyper9_el0 13.2=pmevtyper10_el0 13.3=pmevtyper11_el0 13.4=pmevtyper12_el0
    13.5=pmevtyper13_el0 13.6=pmevtyper14_el0 13.7=pmevtyper15_el0 14.0=pmevtyper16_el0
    14.1=pmevtyper17_el0 14.2=pmevtyper18_el0 14.3=pmevtyper19_el0 14.4=pmevtyper20_el0
    14.5=pmevtyper21_el0 14.6=pmevtyper22_el0 14.7=pmevtyper23_el0 15.0=pmevtyper24_el0
    15.1=pmevtyper25_el0 15.2=pmevtyper26_el0 15.3=pmevtyper27_el0 15.4=pmevtyper28_el0
    15.5=pmevtyper29_el0 15.6=pmevtyper30_el0 15.7=pmccfiltr_el0`,
  '3 4 0': '0.0=vpidr_el2 0.4=mpuir_el2 0.5=vmpidr_el2',
  '3 4 1': `
    0.0=sctlr_el2 0.1=actlr_el2 0.3=sctlr2_el2 1.0=hcr_el2 1.1=mdcr_el2 1.2=cptr_el2 1.3=hstr_el2
    1.4=hfgrtr_el2 1.5=hfgwtr_el2 1.6=hfgitr_el2 1.7=hacr_el2 2.0=zcr_el2 2.1=trfcr_el2 2.2=hcrx_el2
    2.5=smprimap_el2 2.6=smcr_el2 3.1=sder32_el2`,
  '3 4 2': `
    0.0=ttbr0_el2 0.1=ttbr1_el2 0.2=tcr_el2 0.3=tcr2_el2 1.0=vttbr_el2 1.2=vtcr_el2 2.0=vncr_el2
    5.0=gcscr_el2 5.1=gcspr_el2 6.0=vsttbr_el2 6.2=vstcr_el2`,
  '3 4 3': `
    0.0=dacr32_el2 1.0=hdfgrtr2_el2 1.1=hdfgwtr2_el2 1.2=hfgrtr2_el2 1.3=hfgwtr2_el2 1.4=hdfgrtr_el2
    1.5=hdfgwtr_el2 1.6=hafgrtr_el2 1.7=hfgitr2_el2`,
  '3 4 4': '0.0=spsr_el2 0.1=elr_el2 1.0=sp_el1 3.0=spsr_irq 3.1=spsr_abt 3.2=spsr_und 3.3=spsr_fiq',
  '3 4 5': '0.1=ifsr32_el2 1.0=afsr0_el2 1.1=afsr1_el2 2.0=esr_el2 2.3=vsesr_el2 3.0=fpexc32_el2 6.0=tfsr_el2',
  '3 4 6': `
    0.0=far_el2 0.4=hpfar_el2 1.1=prenr_el2 2.1=prselr_el2 8.0=prbar_el2 8.1=prlar_el2 8.4=prbar1_el2
    8.5=prlar1_el2 9.0=prbar2_el2 9.1=prlar2_el2 9.4=prbar3_el2 9.5=prlar3_el2 10.0=prbar4_el2
    10.1=prlar4_el2 10.4=prbar5_el2 10.5=prlar5_el2 11.0=prbar6_el2 11.1=prlar6_el2 11.4=prbar7_el2
    11.5=prlar7_el2 12.0=prbar8_el2 12.1=prlar8_el2 12.4=prbar9_el2 12.5=prlar9_el2 13.0=prbar10_el2
    13.1=prlar10_el2 13.4=prbar11_el2 13.5=prlar11_el2 14.0=prbar12_el2 14.1=prlar12_el2
    14.4=prbar13_el2 14.5=prlar13_el2 15.0=prbar14_el2 15.1=prlar14_el2 15.4=prbar15_el2
    15.5=prlar15_el2`,
  '3 4 9': '9.0=pmscr_el2',
  '3 4 10': `
    1.1=mair2_el2 2.0=mair_el2 2.2=pire0_el2 2.3=pir_el2 2.4=por_el2 2.5=s2pir_el2 3.0=amair_el2
    3.1=amair2_el2 4.0=mpamhcr_el2 4.1=mpamvpmv_el2 5.0=mpam2_el2 6.0=mpamvpm0_el2 6.1=mpamvpm1_el2
    6.2=mpamvpm2_el2 6.3=mpamvpm3_el2 6.4=mpamvpm4_el2 6.5=mpamvpm5_el2 6.6=mpamvpm6_el2
    6.7=mpamvpm7_el2`,
  '3 4 12': `
    0.0=vbar_el2 0.1=rvbar_el2 0.2=rmr_el2 1.1=vdisr_el2 8.0=ich_ap0r0_el2 8.1=ich_ap0r1_el2
    8.2=ich_ap0r2_el2 8.3=ich_ap0r3_el2 9.0=ich_ap1r0_el2 9.1=ich_ap1r1_el2 9.2=ich_ap1r2_el2
    9.3=ich_ap1r3_el2 9.5=icc_sre_el2 11.0=ich_hcr_el2 11.1=ich_vtr_el2 11.2=ich_misr_el2
    11.3=ich_eisr_el2 11.5=ich_elrsr_el2 11.7=ich_vmcr_el2 12.0=ich_lr0_el2 12.1=ich_lr1_el2
    12.2=ich_lr2_el2 12.3=ich_lr3_el2 12.4=ich_lr4_el2 12.5=ich_lr5_el2 12.6=ich_lr6_el2
    12.7=ich_lr7_el2 13.0=ich_lr8_el2 13.1=ich_lr9_el2 13.2=ich_lr10_el2 13.3=ich_lr11_el2
    13.4=ich_lr12_el2 13.5=ich_lr13_el2 13.6=ich_lr14_el2 13.7=ich_lr15_el2`,
  '3 4 13': `
    0.1=contextidr_el2 0.2=tpidr_el2 0.7=scxtnum_el2 8.0=amevcntvoff00_el2 8.1=amevcntvoff01_el2
    8.2=amevcntvoff02_el2 8.3=amevcntvoff03_el2 8.4=amevcntvoff04_el2 8.5=amevcntvoff05_el2
    8.6=amevcntvoff06_el2 8.7=amevcntvoff07_el2 9.0=amevcntvoff08_el2 9.1=amevcntvoff09_el2
    9.2=amevcntvoff010_el2 9.3=amevcntvoff011_el2 9.4=amevcntvoff012_el2 9.5=amevcntvoff013_el2
    9.6=amevcntvoff014_el2 9.7=amevcntvoff015_el2 10.0=amevcntvoff10_el2 10.1=amevcntvoff11_el2
    10.2=amevcntvoff12_el2 10.3=amevcntvoff13_el2 10.4=amevcntvoff14_el2 10.5=amevcntvoff15_el2
    10.6=amevcntvoff16_el2 10.7=amevcntvoff17_el2 11.0=amevcntvoff18_el2 11.1=amevcntvoff19_el2
    11.2=amevcntvoff110_el2 11.3=amevcntvoff111_el2 11.4=amevcntvoff112_el2 11.5=amevcntvoff113_el2
    11.6=amevcntvoff114_el2 11.7=amevcntvoff115_el2`,
  '3 4 14': `
    0.3=cntvoff_el2 0.6=cntpoff_el2 1.0=cnthctl_el2 2.0=cnthp_tval_el2 2.1=cnthp_ctl_el2
    2.2=cnthp_cval_el2 3.0=cnthv_tval_el2 3.1=cnthv_ctl_el2 3.2=cnthv_cval_el2 4.0=cnthvs_tval_el2
    4.1=cnthvs_ctl_el2 4.2=cnthvs_cval_el2 5.0=cnthps_tval_el2 5.1=cnthps_ctl_el2 5.2=cnthps_cval_el2`,
  '3 5 1': '0.0=sctlr_el12 0.2=cpacr_el12 0.3=sctlr2_el12 2.0=zcr_el12 2.1=trfcr_el12 2.6=smcr_el12',
  '3 5 2': '0.0=ttbr0_el12 0.1=ttbr1_el12 0.2=tcr_el12 0.3=tcr2_el12 5.0=gcscr_el12 5.1=gcspr_el12',
  '3 5 4': '0.0=spsr_el12 0.1=elr_el12',
  '3 5 5': '1.0=afsr0_el12 1.1=afsr1_el12 2.0=esr_el12 6.0=tfsr_el12',
  '3 5 6': '0.0=far_el12',
  '3 5 9': '9.0=pmscr_el12',
  '3 5 10': `
    2.0=mair_el12 2.1=mair2_el12 2.2=pire0_el12 2.3=pir_el12 2.4=por_el12 3.0=amair_el12 3.1=amair2_el12
    5.0=mpam1_el12`,
  '3 5 12': '0.0=vbar_el12',
  '3 5 13': '0.1=contextidr_el12 0.7=scxtnum_el12',
  '3 5 14': `
    1.0=cntkctl_el12 2.0=cntp_tval_el02 2.1=cntp_ctl_el02 2.2=cntp_cval_el02 3.0=cntv_tval_el02
    3.1=cntv_ctl_el02 3.2=cntv_cval_el02`,
  '3 6 1': `
    0.0=sctlr_el3 0.1=actlr_el3 0.3=sctlr2_el3 1.0=scr_el3 1.1=sder32_el3 1.2=cptr_el3 2.0=zcr_el3
    2.6=smcr_el3 3.1=mdcr_el3`,
  '3 6 2': '0.0=ttbr0_el3 0.2=tcr_el3 1.4=gptbr_el3 1.6=gpccr_el3 5.0=gcscr_el3 5.1=gcspr_el3',
  '3 6 4': '0.0=spsr_el3 0.1=elr_el3 1.0=sp_el2',
  '3 6 5': '1.0=afsr0_el3 1.1=afsr1_el3 2.0=esr_el3 6.0=tfsr_el3',
  '3 6 6': '0.0=far_el3 0.5=mfar_el3',
  '3 6 10': '1.1=mair2_el3 2.0=mair_el3 2.3=pir_el3 2.4=por_el3 3.0=amair_el3 3.1=amair2_el3 5.0=mpam3_el3',
  '3 6 12': '0.0=vbar_el3 0.1=rvbar_el3 0.2=rmr_el3 12.4=icc_ctlr_el3 12.5=icc_sre_el3 12.7=icc_igrpen1_el3',
  '3 6 13': '0.2=tpidr_el3 0.7=scxtnum_el3',
  '3 7 14': '2.0=cntps_tval_el1 2.1=cntps_ctl_el1 2.2=cntps_cval_el1',
};

let byEncoding: Map<number, string> | undefined;

/** 15 bits: op0<0>, op1, CRn, CRm, op2, as they stand in bits 19..5 of the instruction. */
export function systemRegisterName(o0: number, op1: number, CRn: number, CRm: number, op2: number): string {
  if (!byEncoding) {
    byEncoding = new Map();
    for (const [key, items] of Object.entries(NAMES)) {
      const [k0, k1, kn] = key.split(' ').map(Number);
      for (const item of items.trim().split(/\s+/)) {
        const [, m, o, name] = /^(\d+)\.(\d+)=(\w+)$/.exec(item) as unknown as [string, string, string, string];
        byEncoding.set(((k0 & 1) << 14) | (k1 << 11) | (kn << 7) | (Number(m) << 3) | Number(o), name);
      }
    }
  }
  const name = byEncoding.get((o0 << 14) | (op1 << 11) | (CRn << 7) | (CRm << 3) | op2);
  return name ?? `s${o0 + 2}_${op1}_c${CRn}_c${CRm}_${op2}`;
}
