/* Stands between a program and its kernel (LD_PRELOAD), where a test wants a slow disk, a full one, a power cut, or
 * another time of day. What it does stands in a file that the test writes while the program runs:
 *
 *   slow MILLISECONDS     every sync takes so much longer
 *   full BYTES            so many bytes may still be written below the folder; then ENOSPC
 *   clock SECONDS         the wall clock is so far off; the clock since the boot is not
 *
 * SHIM_ORDERS names that file, SHIM_FOLDER the folder whose files are meant, SHIM_JOURNAL a file that gets, for every
 * write, what stood there before, and for every sync, that it happened: what a power cut may take back. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct { long slow, full, clock; } orders = {0, -1, 0};
static struct timespec read_at;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -2;

static long sys_write(int fd, const void *bytes, size_t count) { return syscall(SYS_write, fd, bytes, count); }

/* Reads the orders again when the file is another one than before. */
static void obey(void) {
    const char *path = getenv("SHIM_ORDERS");
    struct stat now;
    if (!path || stat(path, &now) != 0) return;
    pthread_mutex_lock(&lock);
    if (now.st_mtim.tv_sec != read_at.tv_sec || now.st_mtim.tv_nsec != read_at.tv_nsec) {
        read_at = now.st_mtim;
        orders.slow = 0, orders.full = -1, orders.clock = 0;
        char text[256] = {0};
        int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            if (syscall(SYS_read, fd, text, sizeof text - 1) < 0) text[0] = 0;
            syscall(SYS_close, fd);
        }
        char name[16];
        long value;
        int length;
        for (char *at = text; sscanf(at, "%15s %ld%n", name, &value, &length) == 2; at += length) {
            if (!strcmp(name, "slow")) orders.slow = value;
            if (!strcmp(name, "full")) orders.full = value;
            if (!strcmp(name, "clock")) orders.clock = value;
        }
    }
    pthread_mutex_unlock(&lock);
}

/* Whether a handle is of a file below the folder; its path goes to `path`. */
static int ours(int fd, char *path, size_t size) {
    const char *folder = getenv("SHIM_FOLDER");
    if (!folder) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return !strncmp(path, folder, strlen(folder));
}

static int journal_fd(void) {
    if (journal == -2) {
        const char *path = getenv("SHIM_JOURNAL");
        journal = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    }
    return journal;
}

struct range { off_t offset; size_t length; };

/* A line: what, offset, bytes written, bytes that follow (what stood there), size of the file before, file. */
static void note(const char *what, const char *path, struct range range, const void *before, size_t count, off_t size) {
    char head[4300];
    int length = snprintf(head, sizeof head, "%s %lld %zu %zu %lld %s\n", what, (long long)range.offset, range.length,
                          count, (long long)size, path);
    char *all = malloc(length + count);
    if (!all) abort();
    memcpy(all, head, length);
    if (count) memcpy(all + length, before, count);
    if (sys_write(journal_fd(), all, length + count) != (long)(length + count)) abort();
    free(all);
}

/* Before a write: keeps what stands there, and says how much of it the disk takes; -1 for none. */
static long before(int fd, off_t offset, size_t count) {
    char path[4096];
    obey();
    if (!ours(fd, path, sizeof path)) return count;
    pthread_mutex_lock(&lock);
    if (orders.full >= 0) {
        if (orders.full == 0) {
            pthread_mutex_unlock(&lock);
            errno = ENOSPC;
            return -1;
        }
        if ((long)count > orders.full) count = orders.full;
        orders.full -= count;
    }
    if (journal_fd() >= 0) {
        struct stat now;
        if (offset < 0) offset = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
        off_t size = fstat(fd, &now) == 0 ? now.st_size : 0;
        size_t there = offset < size ? (size_t)(size - offset) : 0;
        if (there > count) there = count;
        char *bytes = malloc(there ? there : 1);
        /* its own handle first: closing another one would drop the locks that SQLite holds on the file */
        if (there && syscall(SYS_pread64, fd, bytes, there, offset) != (long)there) {
            int again = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
            if (again < 0 || syscall(SYS_pread64, again, bytes, there, offset) != (long)there) there = 0;
            if (again >= 0) syscall(SYS_close, again);
        }
        note("write", path, (struct range){offset, count}, bytes, there, size);
        free(bytes);
    }
    pthread_mutex_unlock(&lock);
    return count;
}

static void synced(int fd, const char *what) {
    char path[4096];
    obey();
    if (!ours(fd, path, sizeof path)) return;
    if (orders.slow > 0) {
        struct timespec time = {orders.slow / 1000, orders.slow % 1000 * 1000000};
        nanosleep(&time, NULL);
    }
    if (journal_fd() >= 0) {
        pthread_mutex_lock(&lock);
        note(what, path, (struct range){0, 0}, NULL, 0, 0);
        pthread_mutex_unlock(&lock);
    }
}

ssize_t write(int fd, const void *bytes, size_t count) {
    long may = before(fd, -1, count);
    return may < 0 ? -1 : sys_write(fd, bytes, may);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    long may = before(fd, offset, count);
    return may < 0 ? -1 : syscall(SYS_pwrite64, fd, bytes, may, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return pwrite64(fd, bytes, count, offset); }

int fsync(int fd) {
    int done = (int)syscall(SYS_fsync, fd);
    if (done == 0) synced(fd, "sync");
    return done;
}

int fdatasync(int fd) {
    int done = (int)syscall(SYS_fdatasync, fd);
    if (done == 0) synced(fd, "sync");
    return done;
}

int syncfs(int fd) {
    int done = (int)syscall(SYS_syncfs, fd);
    if (done == 0) synced(fd, "syncfs");
    return done;
}

int clock_gettime(clockid_t id, struct timespec *time) {
    int done = (int)syscall(SYS_clock_gettime, id, time);
    if (done == 0 && id == CLOCK_REALTIME) {
        obey();
        time->tv_sec += orders.clock;
    }
    return done;
}
