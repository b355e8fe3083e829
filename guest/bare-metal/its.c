/* Interrupt Translation Service and LPIs: registers, commands, tables in memory, priorities, a queue that stalls. */
#include "tables.h"

#define GICD ((volatile u32 *)0x08000000)
#define GITS ((volatile u32 *)0x08080000)
#define GITS64 ((volatile u64 *)0x08080000)
#define TRANSLATER ((volatile u32 *)0x08090040)
#define RD ((volatile u32 *)0x080a0000)
#define RD64 ((volatile u64 *)0x080a0000)
#define PMR s3_0_c4_c6_0
#define IAR1 s3_0_c12_c12_0
#define EOIR1 s3_0_c12_c12_1
#define HPPIR1 s3_0_c12_c12_2
#define RPR s3_0_c12_c11_3
#define CTLR s3_0_c12_c12_4
#define DIR s3_0_c12_c11_1
#define IGRPEN1 s3_0_c12_c12_7

/* Tables, in memory that nothing else uses. */
#define PROPERTIES ((volatile u8 *)0x42000000)
#define PENDING 0x42010000ul
#define QUEUE ((volatile u64 *)0x42020000)
#define DEVICES 0x42040000ul
#define COLLECTIONS 0x42080000ul
#define SECOND_LEVEL 0x420c0000ul
#define ITT(device) (0x42100000ul + 0x10000 * (device))
#define NOWHERE 0x90000000ul
#define FIRST_LPI 8192

#define GITS_CTLR 0 /* of 32-bit words; the others of doublewords */
#define TYPER 1
#define CBASER 0x10
#define CWRITER 0x11
#define CREADR 0x12
#define BASER 0x20

enum { MOVI = 1, INT = 3, CLEAR, SYNC_COMMAND, MAPD = 8, MAPC, MAPTI, MAPI, INV, INVALL, MOVALL, DISCARD };

static u64 writer;

/* Sends one command, and tells how far the queue has come when that is not as far as it should. */
static void send(u64 first, u64 second, u64 third) {
  volatile u64 *at = QUEUE + writer / 8;
  at[0] = first;
  at[1] = second;
  at[2] = third;
  at[3] = 0;
  writer = (writer + 32) % 4096;
  SYNC();
  GITS64[CWRITER] = writer;
  SYNC();
  if (GITS64[CREADR] != writer) {
    show("queue at", GITS64[CREADR]);
    show("of", GITS64[CWRITER]);
  }
}

static void mapd(u64 device, u64 bits, u64 itt) { send(MAPD | device << 32, bits, itt | 1ul << 63); }
static void unmapd(u64 device) { send(MAPD | device << 32, 0, 0); }
static void mapc(u64 collection, u64 pe) { send(MAPC, 0, collection | pe << 16 | 1ul << 63); }
static void unmapc(u64 collection) { send(MAPC, 0, collection); }
static void mapti(u64 device, u64 event, u64 intid, u64 collection) {
  send(MAPTI | device << 32, event | intid << 32, collection);
}
static void event_command(u64 command, u64 device, u64 event) { send(command | device << 32, event, 0); }
static void interrupt(u64 device, u64 event) { event_command(INT, device, event); }

static void configure(u64 intid, u8 value) {
  PROPERTIES[intid - FIRST_LPI] = value;
  SYNC();
}

static u64 pending(void) { return *(volatile u64 *)(PENDING + FIRST_LPI / 8); }

static void status(const char *name) {
  print(name);
  SYNC();
  show("pending", pending());
  show("HPPIR1", READ(HPPIR1));
  line("");
}

/* Takes everything that is there to take, without an exception. */
static void drain(const char *name) {
  print(name);
  put(':');
  SYNC();
  for (int i = 0; i < 10; i++) {
    u64 intid = READ(IAR1);
    SYNC();
    if (intid >= 1020 && intid < FIRST_LPI) break;
    show("intid", intid);
    show("running", READ(RPR));
    WRITE(EOIR1, intid);
    SYNC();
  }
  show("pending", pending());
  show("then", READ(RPR));
  line("");
}

static void registers(void) {
  line("-- registers after reset");
  show("CTLR", GITS[GITS_CTLR]);
  show("IIDR", GITS[1]);
  show("TYPER", GITS64[TYPER]);
  show("halves", GITS[2]);
  show("", GITS[3]);
  show("CBASER", GITS64[CBASER]);
  show("CWRITER", GITS64[CWRITER]);
  show("CREADR", GITS64[CREADR]);
  line("");
  for (int i = 0; i < 8; i++) show("BASER", GITS64[BASER + i]);
  line("");
  for (int i = 0; i < 12; i++) show("ID", GITS[0xffd0 / 4 + i]);
  line("");
  show("GICD_TYPER", GICD[1]);
  show("GICR_CTLR", RD[0]);
  show("GICR_TYPER", RD64[1]);
  show("PROPBASER", RD64[0x70 / 8]);
  show("PENDBASER", RD64[0x78 / 8]);
  line("");
}

static void tables(int indirect) {
  GITS[GITS_CTLR] = 0;
  clear((void *)DEVICES, 0x40000);
  clear((void *)COLLECTIONS, 0x40000);
  writer = 0;
  GITS64[CBASER] = (u64)QUEUE | 1ul << 63;
  GITS64[CWRITER] = 0;
  /* Two pages of 4 KiB, or one of 64 KiB that leads to others. */
  GITS64[BASER] = DEVICES | 1ul << 63 | (indirect ? 1ul << 62 | 2 << 8 : 1);
  GITS64[BASER + 1] = COLLECTIONS | 1ul << 63;
  if (indirect) {
    clear((void *)SECOND_LEVEL, 0x20000);
    *(volatile u64 *)DEVICES = SECOND_LEVEL | 1ul << 63;
    *(volatile u64 *)(DEVICES + 16) = (SECOND_LEVEL + 0x10000) | 1ul << 63;
  }
  SYNC();
  GITS[GITS_CTLR] = 1;
  show("CTLR", GITS[GITS_CTLR]);
  show("BASER0", GITS64[BASER]);
  show("BASER1", GITS64[BASER + 1]);
  show("CREADR", GITS64[CREADR]);
  /* Not while the ITS is enabled. */
  GITS64[BASER] = 0;
  GITS64[CBASER] = 0;
  show("BASER0", GITS64[BASER]);
  show("CBASER", GITS64[CBASER]);
  line("");
}

static void mapping(void) {
  line("-- mapping");
  mapd(1, 3, ITT(1));
  mapc(0, 0);
  for (u64 event = 0; event < 8; event++) mapti(1, event, FIRST_LPI + event, 0);
  send(SYNC_COMMAND, 0, 0);
  show("CREADR", GITS64[CREADR]);
  for (u64 event = 0; event < 8; event++) configure(FIRST_LPI + event, 0xa1);
  send(INVALL, 0, 0);
  line("");
  interrupt(1, 0);
  status("one");
  drain("taken");
  interrupt(1, 5);
  interrupt(1, 2);
  interrupt(1, 2);
  drain("equal priorities");
  *TRANSLATER = 3;
  status("a message of device 0, which is not mapped");
  mapd(0, 3, ITT(0));
  mapti(0, 3, FIRST_LPI + 9, 0);
  configure(FIRST_LPI + 9, 0xa1);
  *TRANSLATER = 3;
  drain("and mapped");
  *(volatile unsigned short *)TRANSLATER = 3;
  drain("16 bits");
  mapd(2, 13, ITT(2));
  send(MAPI | 2ul << 32, FIRST_LPI + 4, 0);
  interrupt(2, FIRST_LPI + 4);
  drain("MAPI");
}

static void configuration(void) {
  line("-- configuration");
  configure(FIRST_LPI + 1, 0x40);
  event_command(INV, 1, 1);
  interrupt(1, 1);
  status("disabled");
  configure(FIRST_LPI + 1, 0x41);
  event_command(INV, 1, 1);
  status("enabled");
  drain("taken");
  configure(FIRST_LPI + 2, 0xc1);
  configure(FIRST_LPI + 3, 0x81);
  configure(FIRST_LPI + 4, 0x21);
  send(INVALL, 0, 0);
  interrupt(1, 2);
  interrupt(1, 3);
  interrupt(1, 4);
  drain("by priority");
  interrupt(1, 2);
  WRITE(PMR, 0x80);
  status("masked");
  drain("nothing");
  WRITE(PMR, 0xff);
  drain("unmasked");
  interrupt(1, 2);
  event_command(CLEAR, 1, 2);
  status("cleared");
  interrupt(1, 3);
  configure(FIRST_LPI + 3, 0x80);
  event_command(INV, 1, 3);
  status("disabled while pending");
  event_command(CLEAR, 1, 3);
  configure(FIRST_LPI + 3, 0x81);
  event_command(INV, 1, 3);
}

static void moving(void) {
  line("-- MOVI, DISCARD");
  mapc(7, 0);
  interrupt(1, 3);
  send(MOVI | 1ul << 32, 3, 7);
  status("to another collection of the PE");
  show("event", *(volatile u64 *)(ITT(1) + 36));
  show("rest", *(volatile u32 *)(ITT(1) + 44));
  line("");
  unmapc(0);
  interrupt(1, 3);
  interrupt(1, 4);
  drain("its first collection unmapped");
  mapc(0, 0);
  interrupt(1, 4);
  event_command(DISCARD, 1, 4);
  status("discarded");
  interrupt(1, 4);
  status("not mapped any more");
  mapti(1, 4, FIRST_LPI + 4, 0);
  unmapd(1);
  interrupt(1, 4);
  status("device unmapped");
  mapd(1, 3, ITT(1));
  interrupt(1, 4);
  drain("mapped again, its table as it was");
  send(MOVALL, 0, 0);
  status("MOVALL to the PE itself");
}

static void wrong(void) {
  line("-- commands that are not right");
  interrupt(9, 0);
  interrupt(0x5000, 0);
  interrupt(1, 16);
  mapti(1, 6, 100, 0);
  mapti(1, 6, 0x10000, 0);
  mapti(1, 16, FIRST_LPI, 0);
  mapti(9, 0, FIRST_LPI, 0);
  mapti(1, 6, FIRST_LPI + 6, 0x4000);
  mapc(0, 1);
  mapc(0x4000, 0);
  mapd(1, 16, ITT(3));
  mapd(0x5000, 3, ITT(3));
  send(MOVI | 1ul << 32, 6, 99);
  event_command(INV, 1, 15);
  send(MOVALL, 0, 5 << 16);
  send(0x29, 1, 1);
  send(0x7f, ~0ul, ~0ul);
  send(0, 0, 0);
  status("nothing");
  interrupt(1, 6);
  drain("as it was");
}

static void disabled(void) {
  line("-- disabled and enabled");
  interrupt(1, 3);
  RD[0] = 0;
  show("GICR_CTLR", RD[0]);
  line("");
  status("LPIs disabled");
  interrupt(1, 4);
  status("lost");
  RD[0] = 1;
  show("GICR_CTLR", RD[0]);
  line("");
  drain("enabled");
  GITS[GITS_CTLR] = 0;
  show("CTLR", GITS[GITS_CTLR]);
  *TRANSLATER = 3;
  interrupt(1, 3);
  line("");
  GITS[GITS_CTLR] = 1;
  show("CREADR is CWRITER", GITS64[CREADR] == GITS64[CWRITER]);
  line("");
  drain("the ITS enabled");
  for (int i = 0; i < 300; i++) send(SYNC_COMMAND, 0, 0);
  interrupt(1, 5);
  drain("round the queue");
}

static void levels(void) {
  line("-- two levels");
  tables(1);
  mapc(0, 0);
  mapd(5, 3, ITT(5));
  mapti(5, 0, FIRST_LPI, 0);
  mapd(0x2003, 3, ITT(6));
  mapti(0x2003, 0, FIRST_LPI + 1, 0);
  mapd(0x4003, 3, ITT(7));
  mapti(0x4003, 0, FIRST_LPI + 2, 0);
  show("device", *(volatile u64 *)(SECOND_LEVEL + 40));
  show("device", *(volatile u64 *)(SECOND_LEVEL + 0x10000 + 24));
  show("collection", *(volatile u64 *)COLLECTIONS);
  line("");
  interrupt(5, 0);
  interrupt(0x2003, 0);
  interrupt(0x4003, 0);
  drain("the middle one has no second level");
}

static void stalled(void) {
  line("-- a stall");
  GITS[GITS_CTLR] = 0;
  GITS64[BASER + 1] = NOWHERE | 1ul << 63;
  GITS[GITS_CTLR] = 1;
  mapc(0, 0);
  line("");
  GITS[GITS_CTLR] = 0;
  GITS64[CBASER] = (u64)QUEUE | 1ul << 63;
  show("CREADR", GITS64[CREADR]);
  line("");
}

/* Takes an LPI as an exception. */
static int on_interrupt(struct frame *f) {
  if ((f->vector & 0x180) != 0x80) return 0;
  u64 intid = READ(IAR1);
  show("irq", intid);
  show("EL", f->el);
  show("active", READ(CTLR) & 2);
  WRITE(EOIR1, intid);
  return 1;
}

static void exceptions(void) {
  line("-- exceptions");
  hook = on_interrupt;
  interrupt(1, 0);
  asm volatile("msr daifclr, #2\n isb\n nop\n nop\n msr daifset, #2");
  line("");
  WRITE(CTLR, READ(CTLR) | 2);
  interrupt(1, 0);
  u64 intid = READ(IAR1);
  WRITE(EOIR1, intid);
  show("split", intid);
  show("running", READ(RPR));
  interrupt(1, 0);
  asm volatile("msr daifclr, #2\n isb\n nop\n nop\n msr daifset, #2");
  WRITE(DIR, intid);
  show("after DIR", READ(RPR));
  line("");
  WRITE(CTLR, READ(CTLR) & ~2ul);
  hook = 0;
}

int main(void) {
  registers();
  enable_gic_registers();
  if (top_el == 3) WRITE(scr_el3, READ(scr_el3) | 1);
  if (top_el == 2) WRITE(hcr_el2, READ(hcr_el2) | 3 << 3);
  GICD[0] = top_el == 3 ? 0x37 : 0x13;
  RD[0x14 / 4] = 0;
  while (RD[0x14 / 4] & 4) {}
  SYNC();
  WRITE(PMR, 0xff);
  WRITE(IGRPEN1, 1);
  SYNC();
  clear((void *)PROPERTIES, 0x200000);
  RD64[0x70 / 8] = (u64)PROPERTIES | 1 << 10 | 7 << 7 | 15;
  RD64[0x78 / 8] = PENDING | 1 << 10 | 7 << 7;
  RD[0] = 1;
  show("GICR_CTLR", RD[0]);
  show("PROPBASER", RD64[0x70 / 8]);
  show("PENDBASER", RD64[0x78 / 8]);
  line("");
  tables(0);
  mapping();
  configuration();
  moving();
  wrong();
  disabled();
  if (top_el < 3) exceptions();
  levels();
  stalled();
  return 0;
}
