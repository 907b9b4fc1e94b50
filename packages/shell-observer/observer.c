/*
 * Writes down which files a program and its children look at, without changing what they see. Made for
 * Nix, which does not say what readFile, readDir and pathExists read, and for the bash that runs a
 * shell's hook.
 *
 * Linked against no C library: `dlsym`, `syscall` and errno are found in the one that the program has,
 * so that programs of the Nix store and of the system can both be looked at.
 *
 * Each record is "<pid> <kind> <path>" and a NUL; README.md tells the kinds.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096
#define SEEN_MAX 8192 /* a power of two */
#define SKIPPED_BYTES_MAX 4096

static char log_path[PATH_BYTES_MAX];
/* Prefixes separated by ':', each with its '/' at the end. */
static char skipped[SKIPPED_BYTES_MAX];
static uint64_t seen[SEEN_MAX];
static unsigned seen_count;

static size_t length_of(const char *text) {
  size_t length = 0;
  while (text[length]) length += 1;
  return length;
}

static size_t append(char *to, size_t at, size_t size, const char *text) {
  for (; *text && at + 1 < size; text += 1) to[at++] = *text;
  to[at] = 0;
  return at;
}

static size_t append_number(char *to, size_t at, size_t size, long number) {
  char digits[24];
  size_t first = sizeof digits - 1;
  digits[first] = 0;
  do digits[--first] = (char)('0' + number % 10);
  while (number /= 10);
  return append(to, at, size, digits + first);
}

/* Whether `path` is or lies in one of the folders that are of no interest. */
static int is_skipped(const char *path) {
  for (const char *one = skipped; *one;) {
    const char *at = path;
    while (*one && *one != ':' && *at == *one) at += 1, one += 1;
    if (!*one || *one == ':') return 1;
    if (*one == '/' && !*at && (!one[1] || one[1] == ':')) return 1;
    while (*one && *one != ':') one += 1;
    if (*one) one += 1;
  }
  return 0;
}

/* Remembers what was written, so that a loop over one file does not fill a disk. */
static int is_new(char kind, const char *path) {
  uint64_t hash = 14695981039346656037u ^ (unsigned char)kind;
  for (; *path; path += 1) hash = (hash ^ (unsigned char)*path) * 1099511628211u;
  if (!hash) hash = 1;
  for (unsigned step = 0; step < SEEN_MAX; step += 1) {
    uint64_t *slot = &seen[(hash + step) & (SEEN_MAX - 1)];
    if (*slot == hash) return 0;
    if (*slot) continue;
    if (seen_count > SEEN_MAX / 2) return 1;
    seen_count += 1;
    *slot = hash;
    return 1;
  }
  return 1;
}

static void write_record(long pid, char kind, const char *path) {
  char record[PATH_BYTES_MAX + 64];
  size_t end = append_number(record, 0, sizeof record, pid);
  char middle[] = {' ', kind, ' ', 0};
  end = append(record, end, sizeof record, middle);
  end = append(record, end, sizeof record, path);
  long file = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
  if (file < 0) return;
  syscall(SYS_write, file, record, end + 1);
  syscall(SYS_close, file);
}

/* `folder` is a descriptor as the *at functions take it. */
static void note_at(char kind, int folder, const char *path) {
  if (!log_path[0] || !path || !path[0]) return;
  int error = errno;
  char whole[PATH_BYTES_MAX];
  size_t end = 0;
  if (path[0] != '/') {
    char link[64];
    size_t named = append(link, 0, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/");
    if (folder != AT_FDCWD) append_number(link, named, sizeof link, folder);
    long size = syscall(SYS_readlinkat, AT_FDCWD, link, whole, sizeof whole - 2);
    end = size > 0 ? (size_t)size : 0;
    if (end != 1) whole[end++] = '/';
  }
  append(whole, end, sizeof whole, path);
  if (!is_skipped(whole) && is_new(kind, whole)) write_record(syscall(SYS_getpid), kind, whole);
  errno = error;
}

static void note(char kind, const char *path) { note_at(kind, AT_FDCWD, path); }

static char kind_of(int flags) {
  if (flags & O_PATH) return 's';
  return (flags & O_ACCMODE) == O_RDONLY ? 'o' : 'w';
}

/* A program started with an environment without us is not seen. */
static int is_told(char *const environment[]) {
  const char name[] = "JOY_OF_HARDWARE_OBSERVE=";
  for (; environment && *environment; environment += 1) {
    size_t at = 0;
    while (name[at] && (*environment)[at] == name[at]) at += 1;
    if (!name[at]) return 1;
  }
  return 0;
}

extern char **environ;

static void note_program(const char *path, char *const environment[]) {
  if (!log_path[0] || !path) return;
  int error = errno;
  write_record(syscall(SYS_getpid), is_told(environment) ? 'x' : 'c', path);
  errno = error;
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("JOY_OF_HARDWARE_OBSERVE");
  const char *skip = getenv("JOY_OF_HARDWARE_OBSERVE_SKIP");
  if (!path || length_of(path) >= sizeof log_path) return;
  append(log_path, 0, sizeof log_path, path);
  append(skipped, 0, sizeof skipped, skip ? skip : "");
  char program[PATH_BYTES_MAX];
  long size = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", program, sizeof program - 1);
  program[size > 0 ? size : 0] = 0;
  write_record(syscall(SYS_getpid), 'h', program);
}

#define NEXT(name)                          \
  static __typeof__(name) *next;            \
  if (!next) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* `mode` is there only with flags that create. */
#define MODE_OF(flags)                                       \
  mode_t mode = 0;                                           \
  if ((flags) & (O_CREAT | O_TMPFILE)) {                     \
    va_list rest;                                            \
    va_start(rest, flags);                                   \
    mode = va_arg(rest, mode_t);                             \
    va_end(rest);                                            \
  }

#define OPEN(name)                              \
  int name(const char *path, int flags, ...) {  \
    NEXT(name);                                 \
    MODE_OF(flags);                             \
    note(kind_of(flags), path);                 \
    return next(path, flags, mode);             \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                        \
  int name(int folder, const char *path, int flags, ...) {  \
    NEXT(name);                                             \
    MODE_OF(flags);                                         \
    note_at(kind_of(flags), folder, path);                  \
    return next(folder, path, flags, mode);                 \
  }
OPENAT(openat)
OPENAT(openat64)

/* What `open` is with -D_FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);
#define OPEN_2(name)                       \
  int name(const char *path, int flags) {  \
    NEXT(name);                            \
    note(kind_of(flags), path);            \
    return next(path, flags);              \
  }
OPEN_2(__open_2)
OPEN_2(__open64_2)
#define OPENAT_2(name)                                 \
  int name(int folder, const char *path, int flags) {  \
    NEXT(name);                                        \
    note_at(kind_of(flags), folder, path);             \
    return next(folder, path, flags);                  \
  }
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

#define FOPEN(name)                                    \
  FILE *name(const char *path, const char *mode) {     \
    NEXT(name);                                        \
    note(mode && mode[0] == 'r' && mode[1] != '+' ? 'o' : 'w', path); \
    return next(path, mode);                           \
  }
FOPEN(fopen)
FOPEN(fopen64)
#define FREOPEN(name)                                            \
  FILE *name(const char *path, const char *mode, FILE *file) {   \
    NEXT(name);                                                  \
    note(mode && mode[0] == 'r' && mode[1] != '+' ? 'o' : 'w', path); \
    return next(path, mode, file);                               \
  }
FREOPEN(freopen)
FREOPEN(freopen64)

DIR *opendir(const char *path) {
  NEXT(opendir);
  note('o', path);
  return next(path);
}
#define SCANDIR(name, entry)                                                                  \
  int name(const char *path, struct entry ***names, int (*filter)(const struct entry *),      \
           int (*compare)(const struct entry **, const struct entry **)) {                    \
    NEXT(name);                                                                               \
    note('o', path);                                                                          \
    return next(path, names, filter, compare);                                                \
  }
SCANDIR(scandir, dirent)
SCANDIR(scandir64, dirent64)

#define STAT(name, type)                        \
  int name(const char *path, struct type *to) { \
    NEXT(name);                                 \
    note('s', path);                            \
    return next(path, to);                      \
  }
STAT(stat, stat)
STAT(lstat, stat)
STAT(stat64, stat64)
STAT(lstat64, stat64)
#define FSTATAT(name, type)                                             \
  int name(int folder, const char *path, struct type *to, int flags) {  \
    NEXT(name);                                                         \
    note_at('s', folder, path);                                         \
    return next(folder, path, to, flags);                               \
  }
FSTATAT(fstatat, stat)
FSTATAT(fstatat64, stat64)

/* What these were before glibc 2.33. */
int __xstat(int version, const char *path, struct stat *to);
int __lxstat(int version, const char *path, struct stat *to);
int __xstat64(int version, const char *path, struct stat64 *to);
int __lxstat64(int version, const char *path, struct stat64 *to);
#define XSTAT(name, type)                                     \
  int name(int version, const char *path, struct type *to) {  \
    NEXT(name);                                               \
    note('s', path);                                          \
    return next(version, path, to);                           \
  }
XSTAT(__xstat, stat)
XSTAT(__lxstat, stat)
XSTAT(__xstat64, stat64)
XSTAT(__lxstat64, stat64)
int __fxstatat(int version, int folder, const char *path, struct stat *to, int flags);
int __fxstatat64(int version, int folder, const char *path, struct stat64 *to, int flags);
#define FXSTATAT(name, type)                                                         \
  int name(int version, int folder, const char *path, struct type *to, int flags) {  \
    NEXT(name);                                                                      \
    note_at('s', folder, path);                                                      \
    return next(version, folder, path, to, flags);                                   \
  }
FXSTATAT(__fxstatat, stat)
FXSTATAT(__fxstatat64, stat64)

int statx(int folder, const char *path, int flags, unsigned mask, struct statx *to) {
  NEXT(statx);
  note_at('s', folder, path);
  return next(folder, path, flags, mask, to);
}

#define ACCESS(name)                      \
  int name(const char *path, int mode) {  \
    NEXT(name);                           \
    note('s', path);                      \
    return next(path, mode);              \
  }
ACCESS(access)
ACCESS(euidaccess)
ACCESS(eaccess)
int faccessat(int folder, const char *path, int mode, int flags) {
  NEXT(faccessat);
  note_at('s', folder, path);
  return next(folder, path, mode, flags);
}

ssize_t readlink(const char *path, char *to, size_t size) {
  NEXT(readlink);
  note('s', path);
  return next(path, to, size);
}
ssize_t readlinkat(int folder, const char *path, char *to, size_t size) {
  NEXT(readlinkat);
  note_at('s', folder, path);
  return next(folder, path, to, size);
}
ssize_t __readlink_chk(const char *path, char *to, size_t size, size_t room);
ssize_t __readlink_chk(const char *path, char *to, size_t size, size_t room) {
  NEXT(__readlink_chk);
  note('s', path);
  return next(path, to, size, room);
}
ssize_t __readlinkat_chk(int folder, const char *path, char *to, size_t size, size_t room);
ssize_t __readlinkat_chk(int folder, const char *path, char *to, size_t size, size_t room) {
  NEXT(__readlinkat_chk);
  note_at('s', folder, path);
  return next(folder, path, to, size, room);
}
char *realpath(const char *path, char *to) {
  NEXT(realpath);
  note('s', path);
  return next(path, to);
}
char *__realpath_chk(const char *path, char *to, size_t size);
char *__realpath_chk(const char *path, char *to, size_t size) {
  NEXT(__realpath_chk);
  note('s', path);
  return next(path, to, size);
}
char *canonicalize_file_name(const char *path) {
  NEXT(canonicalize_file_name);
  note('s', path);
  return next(path);
}

#define GETENV(name)               \
  char *name(const char *key) {    \
    NEXT(name);                    \
    if (log_path[0] && key && is_new('g', key)) write_record(syscall(SYS_getpid), 'g', key); \
    return next ? next(key) : NULL; \
  }
GETENV(secure_getenv)
/* `begin` asks before anything else: the real one is looked up then. */
GETENV(getenv)

int execve(const char *path, char *const arguments[], char *const environment[]) {
  NEXT(execve);
  note_program(path, environment);
  return next(path, arguments, environment);
}
int execv(const char *path, char *const arguments[]) {
  NEXT(execv);
  note_program(path, environ);
  return next(path, arguments);
}
int execvp(const char *file, char *const arguments[]) {
  NEXT(execvp);
  note_program(file, environ);
  return next(file, arguments);
}
int execvpe(const char *file, char *const arguments[], char *const environment[]) {
  NEXT(execvpe);
  note_program(file, environment);
  return next(file, arguments, environment);
}
int fexecve(int file, char *const arguments[], char *const environment[]) {
  NEXT(fexecve);
  note_program("a descriptor", environment);
  return next(file, arguments, environment);
}

#define LIST_OF(first)                                              \
  size_t count = 1;                                                 \
  va_list rest, again;                                              \
  va_start(rest, first);                                            \
  va_copy(again, rest);                                             \
  while (va_arg(rest, char *)) count += 1;                          \
  char *list[count + 1];                                            \
  list[0] = (char *)first;                                          \
  for (size_t at = 1; at <= count; at += 1) list[at] = va_arg(again, char *); \
  char **environment = environ;                                     \
  (void)environment

int execl(const char *path, const char *first, ...) {
  LIST_OF(first);
  va_end(again);
  va_end(rest);
  return execve(path, list, environ);
}
int execlp(const char *file, const char *first, ...) {
  LIST_OF(first);
  va_end(again);
  va_end(rest);
  return execvp(file, list);
}
int execle(const char *path, const char *first, ...) {
  LIST_OF(first);
  environment = va_arg(again, char **);
  va_end(again);
  va_end(rest);
  return execve(path, list, environment);
}

#define SPAWN(name)                                                                              \
  int name(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,              \
           const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) { \
    NEXT(name);                                                                                  \
    pid_t own = 0;                                                                               \
    int status = next(&own, path, actions, attributes, arguments, environment);                  \
    if (pid) *pid = own;                                                                         \
    int error = errno;                                                                           \
    if (!status && log_path[0]) write_record(own, is_told(environment) ? 'x' : 'c', path);        \
    errno = error;                                                                               \
    return status;                                                                               \
  }
SPAWN(posix_spawn)
SPAWN(posix_spawnp)
