/* The exclusive monitor: what clears it, sizes, pairs; compare and swap; faults of both halves of an exclusive pair. */
#include "tables.h"

#define AT ((volatile u64 *)SCRATCH)

static void value(const char *name) {
  print(name);
  show("status", r[2]);
  show("memory", AT[0]);
  line("");
}

/* x0 = address, x1 = new value, w2 = status of the store. */
#define TRY(name, code)                                                                                                \
  AT[0] = 0x1111111111111111;                                                                                          \
  AT[1] = 0x2222222222222222;                                                                                          \
  r[0] = SCRATCH;                                                                                                      \
  r[1] = 0x3333;                                                                                                       \
  r[2] = 9;                                                                                                            \
  taken = 0;                                                                                                           \
  RUN_SILENT(code);                                                                                                    \
  value(name)

static int back(struct frame *f) {
  (void)f;
  return 1;
}

int main(void) {
  TRY("plain", "ldxr x3, [x0]\n stxr w2, x1, [x0]");
  TRY("no load", "clrex\n stxr w2, x1, [x0]");
  TRY("clrex between", "ldxr x3, [x0]\n clrex\n stxr w2, x1, [x0]");
  TRY("twice", "ldxr x3, [x0]\n stxr w2, x1, [x0]\n stxr w2, x1, [x0]");
  TRY("other address", "add x4, x0, #64\n ldxr x3, [x4]\n stxr w2, x1, [x0]");
  TRY("acquire and release", "ldaxr x3, [x0]\n stlxr w2, x1, [x0]");
  TRY("word", "ldxr w3, [x0]\n stxr w2, w1, [x0]");
  TRY("halfword", "ldxrh w3, [x0]\n stxrh w2, w1, [x0]");
  TRY("byte", "ldxrb w3, [x0]\n stxrb w2, w1, [x0]");
  TRY("pair", "ldxp x3, x4, [x0]\n stxp w2, x1, x1, [x0]");
  TRY("pair of words", "ldxp w3, w4, [x0]\n stxp w2, w1, w1, [x0]");
  TRY("changed in between", "ldxr x3, [x0]\n str x0, [x0]\n stxr w2, x1, [x0]");
  TRY("two monitors", "add x4, x0, #16\n ldxr x3, [x0]\n ldxr x5, [x4]\n stxr w2, x1, [x0]");
  hook = back;
  TRY("svc in between", "ldxr x3, [x0]\n svc #1\n stxr w2, x1, [x0]");
  hook = 0;
  TRY("load afterwards", "ldxr x3, [x0]\n ldr x4, [x0, #8]\n stxr w2, x1, [x0]");
  line("-- faults");
  r[0] = 0x70000000;
  RUN("ldxr of nothing", "ldxr x3, [x0]");
  RUN("ldxp of nothing", "ldxp x3, x4, [x0]");
  TRY("fault in between", "mov x4, #0x70000000\n ldxr x3, [x0]\n ldr x5, [x4]\n stxr w2, x1, [x0]");
  if (FIELD(id_aa64isar0_el1, 20)) {
    line("-- atomics");
    TRY("cas, equal", ".arch_extension lse\n ldr x2, [x0]\n cas x2, x1, [x0]");
    TRY("cas, not equal", "mov x2, #5\n cas x2, x1, [x0]");
    TRY("casp", "ldp x2, x3, [x0]\n mov x4, #7\n mov x5, #8\n casp x2, x3, x4, x5, [x0]");
    TRY("swp", "swp x1, x2, [x0]");
    TRY("ldadd", "ldadd x1, x2, [x0]");
    TRY("ldclr", "ldclr x1, x2, [x0]");
    TRY("ldeor", "ldeor x1, x2, [x0]");
    TRY("ldset", "ldset x1, x2, [x0]");
    TRY("ldsmax", "ldsmax x1, x2, [x0]");
    TRY("ldsmin", "ldsmin x1, x2, [x0]");
    TRY("ldumax", "ldumax w1, w2, [x0]");
    TRY("lduminb", "lduminb w1, w2, [x0]");
    r[0] = 0x70000000;
    RUN("ldadd of nothing", "ldadd x1, x2, [x0]");
    RUN("cas of nothing", "cas x1, x2, [x0]");
    r[0] = 0;
    RUN("ldadd of flash", "ldadd x1, x2, [x0]");
  }
  return 0;
}
