/* Solves 100 linear equations by Gaussian elimination with partial pivoting, as LINPACK's dgefa and dgesl do. */
#include "bench.h"
#include <math.h>

enum { N = 100 };
static double a[N][N], x[N], b[N];
static int pivots[N];

static void make(void) {
  uint32_t seed = 1325;
  for (int j = 0; j < N; j++) {
    for (int i = 0; i < N; i++) {
      seed = 3125 * seed % 65536;
      a[j][i] = (seed - 32768.0) / 16384.0;
    }
  }
  /* The solution is all ones. Columns are contiguous. */
  for (int i = 0; i < N; i++) {
    b[i] = 0;
    for (int j = 0; j < N; j++) b[i] += a[j][i];
    x[i] = b[i];
  }
}

__attribute__((noipa)) static void axpy(int n, double factor, const double *from, double *to) {
  for (int i = 0; i < n; i++) to[i] += factor * from[i];
}

static void factor(void) {
  for (int k = 0; k < N - 1; k++) {
    int p = k;
    for (int i = k + 1; i < N; i++)
      if (fabs(a[k][i]) > fabs(a[k][p])) p = i;
    pivots[k] = p;
    if (a[k][p] == 0) fail("the matrix is singular");
    double t = a[k][p];
    a[k][p] = a[k][k];
    a[k][k] = t;
    for (int i = k + 1; i < N; i++) a[k][i] *= -1.0 / t;
    for (int j = k + 1; j < N; j++) {
      t = a[j][p];
      a[j][p] = a[j][k];
      a[j][k] = t;
      axpy(N - k - 1, t, &a[k][k + 1], &a[j][k + 1]);
    }
  }
}

static void solve(void) {
  for (int k = 0; k < N - 1; k++) {
    double t = x[pivots[k]];
    x[pivots[k]] = x[k];
    x[k] = t;
    axpy(N - k - 1, t, &a[k][k + 1], &x[k + 1]);
  }
  for (int k = N - 1; k >= 0; k--) {
    x[k] /= a[k][k];
    axpy(k, -x[k], a[k], x);
  }
}

static uint64_t round_of_work(void) {
  make();
  factor();
  solve();
  uint64_t digest = 0;
  for (int i = 0; i < N; i++) {
    if (fabs(x[i] - 1) > 1e-10) fail("the solution is wrong");
    digest = mix_double(digest, x[i]);
  }
  return digest;
}

const struct benchmark benchmark = {0, round_of_work, 0xeccbeeb0e725c02fu, 0};
