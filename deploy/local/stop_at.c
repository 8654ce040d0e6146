/* A library for LD_PRELOAD that kills a shop in one process with SIGKILL at its STOP_AT-th call to the outside after
   SIGUSR1: before a transaction of SQLite is committed, before bytes are sent, and before they are received. A crash
   after one call is a crash before the next. CLOCK_OFFSET, in seconds, advances its clock, as if it had been down for
   that long. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_long left = -1;
static long stop_at, offset;

static void arm(int number) {
  (void)number;
  atomic_store(&left, stop_at);
}

static long read_environment(const char *name) {
  const char *value = getenv(name);
  return value ? atol(value) : 0;
}

__attribute__((constructor)) static void begin(void) {
  stop_at = read_environment("STOP_AT");
  offset = read_environment("CLOCK_OFFSET");
  if (stop_at) signal(SIGUSR1, arm);
}

static void call(void) {
  if (atomic_load(&left) > 0 && atomic_fetch_sub(&left, 1) == 1) kill(getpid(), SIGKILL);
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* A frame header in a write-ahead log has 24 bytes. Bytes 4 to 7 hold the size of the database in the frame that
   commits a transaction, and are zero in others. See https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
  static const char others[4];
  REAL(pwrite64);
  if (count == 24 && memcmp((const char *)bytes + 4, others, sizeof others)) call();
  return real(file, bytes, count, at);
}

ssize_t send(int socket, const void *bytes, size_t count, int flags) {
  REAL(send);
  call();
  return real(socket, bytes, count, flags);
}

ssize_t writev(int socket, const struct iovec *parts, int count) {
  REAL(writev);
  call();
  return real(socket, parts, count);
}

ssize_t recv(int socket, void *bytes, size_t count, int flags) {
  REAL(recv);
  call();
  return real(socket, bytes, count, flags);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(clock_gettime);
  int failed = real(clock, now);
  if (!failed && clock == CLOCK_REALTIME) now->tv_sec += offset;
  return failed;
}
