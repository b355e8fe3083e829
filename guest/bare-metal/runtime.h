/* What every bare-metal program uses: output, probes that print the exceptions they cause, and levels. */
#ifndef RUNTIME_H
#define RUNTIME_H
typedef unsigned long u64;
typedef unsigned int u32;
typedef unsigned char u8;

struct frame {
  u64 x[31];
  u64 elr, spsr, esr, far, vector, el, sp;
};

/* Distance of the second mapping of everything, which EL0 may not use. */
#define ALIAS 0x100000000ul

extern u64 top_el;
extern u64 entered_el;
/* Address that ELRs are printed relative to, and where to go on after an exception on a fetch. */
struct probe_addresses { u64 origin, recover; };
extern struct probe_addresses probe;
/* Registers x0..x7 of the next probe, and what they hold after it. */
extern u64 r[8];
/* Asked before an exception is printed; non-zero when it has been dealt with. */
extern int (*hook)(struct frame *);
/* Exceptions taken since begin(). */
extern volatile u64 taken;

void put(char c);
void print(const char *text);
void hex(u64 value);
/* " name=value" */
void show(const char *name, u64 value);
void line(const char *text);
/* "Name: " begins a result; end() writes "ok" if nothing was taken, and the end of the line. */
void begin(const char *name);
void end(void);
void finish(void) __attribute__((noreturn));
/* Prints one exception, all in brackets. */
void print_exception(struct frame *);
/* Lets the frame go on behind the instruction, or at the probe's end. */
void skip(struct frame *);

/* Runs f at a level, interrupts masked, on its own stack; called at the highest level. */
u64 run_at(int el, u64 (*f)(u64), u64 argument);
int have_el2(void);
/* Lets every Exception level use the GIC's system registers (ICC_SRE_ELx). */
void enable_gic_registers(void);
int have_el3(void);
u64 current_el(void);
/* A field of four bits of an identification register. */
#define FIELD(reg, shift) ((READ(reg) >> (shift)) & 15)

#define READ(reg) READ_EXPANDED(reg)
#define WRITE(reg, value) WRITE_EXPANDED(reg, value)
#define READ_EXPANDED(reg) ({ u64 v_; asm volatile("mrs %0, " #reg : "=r"(v_)::"memory"); v_; })
#define WRITE_EXPANDED(reg, value) asm volatile("msr " #reg ", %0" ::"r"((u64)(value)) : "memory")
#define SYNC() asm volatile("dsb sy\n isb" ::: "memory")

#define CLOBBERS                                                                                                       \
  "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",  \
    "x18", "x30", "cc", "memory"

/* Executes assembly with x0..x7 from r[], prints the exceptions it causes under a name. Labels 91, 92 are taken. */
#define RUN_SILENT(code)                                                                                               \
  asm volatile("adr x9, 91f\n adr x10, 92f\n stp x9, x10, [%0]\n"                                                      \
               "ldp x0, x1, [%1]\n ldp x2, x3, [%1, #16]\n ldp x4, x5, [%1, #32]\n ldp x6, x7, [%1, #48]\n"            \
               "mov x30, x10\n msr nzcv, xzr\n"                                                                        \
               "91:\n" code "\n92:\n"                                                                                  \
               "stp x0, x1, [%1]\n stp x2, x3, [%1, #16]\n stp x4, x5, [%1, #32]\n stp x6, x7, [%1, #48]\n" ::"r"(     \
                 &probe),                                                                                              \
               "r"(r)                                                                                                  \
               : CLOBBERS)
#define RUN(name, code)                                                                                                \
  do {                                                                                                                 \
    begin(name);                                                                                                       \
    RUN_SILENT(code);                                                                                                  \
    end();                                                                                                             \
  } while (0)
#endif
