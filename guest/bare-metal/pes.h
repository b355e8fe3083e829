/*
 * Further PEs. PE 0 runs main(); the others are turned on by PSCI, or with EL3 start by themselves and are let go. They
 * wait for work at the level they started at, in WFI without EL3 (an emulator's idle PE costs the others nothing), with
 * everything masked, vectors and a stack of their own. Only PE 0 prints.
 */
#ifndef PES_H
#define PES_H
#include "tables.h"

#define MAX_PES 8
/* SGI that ends the wait for work. */
#define WORK_SGI 15

#define PSCI_VERSION 0x84000000
#define PSCI_CPU_SUSPEND 0xc4000001
#define PSCI_CPU_OFF 0x84000002
#define PSCI_CPU_ON 0xc4000003
#define PSCI_AFFINITY_INFO 0xc4000004
#define PSCI_SYSTEM_OFF 0x84000008
#define PSCI_SYSTEM_RESET 0x84000009

struct pe {
  /* What the PE found when it started; secondary.S stores it. */
  struct { u64 context, level, daif, sp_sel, sctlr, mpidr, pc, nzcv; } start;
  u64 (*volatile work)(u64);
  volatile u64 argument, result;
  /* Numbers of the last work that was given and that was done; `online` counts arrivals. */
  volatile u64 asked, done, online;
  /* Asked before an exception ends the PE's work; non-zero when it has been dealt with. */
  int (*volatile hook)(struct frame *);
  volatile u64 failed;
  struct frame *volatile failure; /* on its stack, where it stops */
} __attribute__((aligned(1024)));

extern struct pe pes[MAX_PES];
/* Where PSCI lets a PE begin, with its struct pe as context. */
void secondary_entry(void);

/* A call by the conduit of the machine, HVC or SMC. */
u64 psci(u64 function, u64 a, u64 b, u64 c);
/* Number of the PE that executes this. */
u64 this_pe(void);
/* PEs that the machine has. */
int count_pes(void);
/* Turns PEs 1..count-1 on, and waits until they wait for work. */
void start_pes(int count);
/* Turns one PE on and waits for it; what CPU_ON gave. */
u64 start_pe(int pe);
/* Gives a PE something to do; finish_work() waits for its end and gives the result. */
void give_work(int pe, u64 (*f)(u64), u64 argument);
u64 finish_work(int pe);
/* Runs f(PE) on PEs 0..count-1 at once; the results of all are added. */
u64 run_on_all(int count, u64 (*f)(u64));
/* Waits until PEs 0..count-1 are here. */
void meet(int count);
/* Counts of the generic timer; waits for as many microseconds. */
u64 now(void);
u64 microseconds(u64 count);
void pause(u64 count);

#define LOAD_ACQUIRE(at) __atomic_load_n(at, __ATOMIC_ACQUIRE)
#define STORE_RELEASE(at, value) __atomic_store_n(at, value, __ATOMIC_RELEASE)

/* Frames of 128 KiB for each PE; the SGI and PPI registers are in the second 64 KiB. */
#define REDISTRIBUTOR(pe) ((volatile u32 *)(0x080a0000ul + (u64)(pe) * 0x20000))
#define PRIVATE_INTERRUPTS(pe) ((volatile u32 *)(0x080b0000ul + (u64)(pe) * 0x20000))
#define DISTRIBUTOR ((volatile u32 *)0x08000000ul)
/* Lets a PE's redistributor and CPU interface signal SGIs and PPIs of Group 1; called by itself. */
void enable_interrupts_here(void);
#endif
