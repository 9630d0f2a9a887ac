// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0
//
// A guest written from qemu-device-spec/SPEC.md alone: it shares no code with the Java programs, so that the two can be
// held against each other. It echoes every packet of every queue of every link, with the MAC addresses swapped in place.
//
//   gcc -std=c11 -Wall -Wextra -Werror -O2 -o spec_guest spec_guest.c
//   spec_guest --vfio-user SOCKET | --pci ADDRESS [--count N] [--copy]
//
// --vfio-user connects to a device socket (no virtual machine needed); --pci drives a device of the machine it runs in,
// for example 0000:00:05.0. --count ends after N echoed packets. --copy sends each packet in a buffer from `alloc` and
// returns the one it came in on `free`, so that all four rings are used.
//
// Exit: 0 done, 1 the device, the host or the system failed, or broke the contract, 2 wrong usage.
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "SPEC 1: everything is little-endian");

// SPEC 1: limits.
enum { MAX_LINKS = 16, MAX_QUEUES = 15, MAX_CHANNELS = 64, NAME_BYTES = 64, MIN_QUEUE_SIZE = 8, MAX_QUEUE_SIZE = 16384 };
enum { MIN_FRAME_BYTES = 14, MIN_PAGE_SHIFT = 21, MAX_PAGE_SHIFT = 30, MAX_PAGES = 65536, MAX_SPAN_PAGES = 1 << 20 };

// SPEC 2 and 3: identity and BARs.
enum { VENDOR_ID = 0xcccc, DEVICE_ID = 0x2222, REGISTER_BAR = 0, REGION_BAR = 2, REGISTER_BYTES = 256 };

// SPEC 4: registers.
enum {
    COMMON_0 = 0x00,
    REG_NR_PAGES = 0x14,
    REG_PAGE_LOW = 0x18,
    REG_PAGE_HIGH = 0x1c,
    REG_LINK_ENABLED = 0x20,
    REG_LINK_CONTROL = 0x24,
    REG_MAGIC = 0x28,
    REG_VERSION = 0x2c,
    REG_PAGE_SHIFT = 0x34,
    REG_NR_LINKS = 0x38,
    REG_NR_CHANNELS = 0x3c,
    REG_REGION_LOW = 0x40,
    REG_REGION_HIGH = 0x44,
    REG_CHANNEL_BYTES = 0x48,
    REG_BAR_SHAPE = 0x4c
};
static const uint32_t REGISTER_MAGIC = 0x766c6e6b;

// SPEC 5: channel memory.
static const uint64_t CHANNEL_MEMORY_MAGIC = 0x4d48434b4e494c56;
enum { CM_VERSION = 0x008, CM_COUNT = 0x00c, CM_TOTAL = 0x010, CM_ROWS = 0x080, ROW_BYTES = 32, CM_HEADER = 4096 };
enum { KIND_CONTROL = 1, KIND_DATA = 2, CHANNEL_ALIGNMENT = 4096 };

// SPEC 6: control channel.
static const uint32_t CONTROL_MAGIC = 0x43434c56;
enum { CC_LINK = 0x004, CC_NAME = 0x008, CC_QUEUES = 0x050, CC_QUEUE_SIZE = 0x054, CC_CHANNELS = 0x060 };
enum { CC_HOST_LANE = 0x100, CC_GUEST_LANE = 0x180, CC_BYTES = 4096 };

// SPEC 7: lane states.
enum { NOT_INITIALIZED = 0, INITIALIZING = 1, INITIALIZED = 2 };

// SPEC 8: data channel.
static const uint32_t DATA_MAGIC = 0x43444c56;
enum { DC_LINK = 0x004, DC_ORDINAL = 0x008, DC_QUEUE_SIZE = 0x00c, DC_COUNTERS = 0x080, DC_RINGS = 0x100 };
enum { RING_PRODUCER = 0x000, RING_CONSUMER = 0x080, RING_DESCRIPTORS = 0x100, DESCRIPTOR_BYTES = 16 };
enum { RX, TX, ALLOC, FREE, RINGS };
enum { RX_PACKETS, RX_BYTES, TX_PACKETS, TX_BYTES, ALLOC_BUFFERS, FREE_BUFFERS, RX_BAD, TX_FULL, COUNTERS };

enum { BURST = 64 };

// vfio-user 0.0 (QEMU, docs/interop/vfio-user.rst) and linux/vfio.h.
enum { VU_VERSION = 1, VU_GET_INFO = 4, VU_GET_REGION_INFO = 5, VU_REGION_READ = 9, VU_REGION_WRITE = 10 };
enum { VU_TYPE_MASK = 0xf, VU_TYPE_REPLY = 1, VU_FLAG_ERROR = 1 << 5, VU_MAX_REPLY = 4096, VU_MAX_FDS = 8 };
enum { VFIO_PCI_FLAG = 1 << 1, VFIO_MMAP_FLAG = 1 << 2, VFIO_CONFIG_REGION = 7, BARS = 6 };

struct vu_header {
    uint16_t id, command;
    uint32_t size, flags, error;
};
struct vu_info {
    uint32_t argsz, flags, regions, irqs;
};
struct vu_region {
    uint32_t argsz, flags, index, cap_offset;
    uint64_t size, offset;
};
struct vu_io {
    uint64_t offset;
    uint32_t region, count;
    uint32_t data;
} __attribute__((packed));

struct bar {
    uint64_t start, bytes, offset;
    int fd;
};

struct device {
    int socket;     // vfio-user; -1 for PCI
    int resource0;  // PCI
    char sysfs[128];
    char uio[32];  // "uioX", or empty
    uint16_t message;
    struct bar bars[BARS];
};

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, generation;
};
_Static_assert(sizeof(struct descriptor) == DESCRIPTOR_BYTES, "SPEC 8: a descriptor is 16 bytes");

struct ring {
    _Atomic uint64_t *mine, *theirs;
    struct descriptor *slots;
    uint64_t position;  // of this side; never read back from shared memory
};

struct queue {
    struct ring rings[RINGS];
    uint64_t size;
    bool quarantined;
    volatile uint64_t *shared_counters;
    uint64_t counters[COUNTERS];
};

struct link {
    char name[NAME_BYTES];
    _Atomic uint64_t *host_lane, *guest_lane;
    uint64_t agreement;
    uint32_t epoch, epochs;
    bool agreed, up;
    uint32_t queue_count;
    struct queue queues[MAX_QUEUES];
};

static struct device device = {.socket = -1, .resource0 = -1};
static uint8_t *region, *channels;
static uint64_t region_bytes, channel_bytes;
static uint32_t page_shift, page_count;
static uint64_t lowest_page;
static uint32_t *page_of;  // by (bus address - lowest) >> page_shift: page + 1, or 0
static uint64_t span_pages;
static struct link links[MAX_LINKS];
static uint32_t link_count, queue_total;
static uint64_t faults;
static volatile sig_atomic_t stopping;

static void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("spec_guest: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

// ---- vfio-user: one request, one reply; at most one descriptor is kept ----

static void send_all(const void *data, size_t bytes) {
    for (const uint8_t *p = data; bytes > 0;) {
        ssize_t n = send(device.socket, p, bytes, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) die("device socket: %s", strerror(errno));
        if (n > 0) p += n, bytes -= (size_t)n;
    }
}

static void receive_all(void *data, size_t bytes, int *fd) {
    for (uint8_t *p = data; bytes > 0;) {
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(VU_MAX_FDS * sizeof(int))];
        } control;
        struct iovec part = {p, bytes};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t n = recvmsg(device.socket, &message, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR && !stopping) continue;
        if (n < 0) die("device socket: %s", strerror(errno));
        if (n == 0) die("the agent closed the device socket");
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
            for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
                int received;
                memcpy(&received, CMSG_DATA(c) + i * sizeof(int), sizeof received);
                if (fd != NULL && *fd < 0) *fd = received;
                else close(received);
            }
        }
        p += n, bytes -= (size_t)n;
    }
}

/* Sends a request and returns the bytes of the reply's payload, of which the first `capacity` are in `reply`. */
static size_t ask(uint16_t command, const void *request, size_t bytes, void *reply, size_t capacity, int *fd) {
    uint8_t payload[VU_MAX_REPLY];
    struct vu_header header = {++device.message, command, (uint32_t)(sizeof header + bytes), 0, 0};
    send_all(&header, sizeof header);
    send_all(request, bytes);
    struct vu_header answer;
    receive_all(&answer, sizeof answer, fd);
    if (answer.id != header.id || answer.command != command || (answer.flags & VU_TYPE_MASK) != VU_TYPE_REPLY)
        die("vfio-user command %u: the reply is for another request", command);
    if (answer.size < sizeof answer || answer.size - sizeof answer > sizeof payload)
        die("vfio-user command %u: a reply of %u bytes", command, answer.size);
    size_t received = answer.size - sizeof answer;
    receive_all(payload, received, fd);
    if (answer.flags & VU_FLAG_ERROR) die("vfio-user command %u: %s", command, strerror((int)answer.error));
    memcpy(reply, payload, received < capacity ? received : capacity);
    return received;
}

static uint32_t vu_read(uint32_t index, uint64_t offset) {
    struct vu_io request = {offset, index, 4, 0}, reply = {0};
    if (ask(VU_REGION_READ, &request, 16, &reply, sizeof reply, NULL) != sizeof reply || reply.count != 4)
        die("short read of region %u", index);
    return reply.data;
}

static void attach_vfio_user(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) die("%s: path too long", path);
    memcpy(address.sun_path, path, strlen(path));
    device.socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (device.socket < 0 || connect(device.socket, (struct sockaddr *)&address, sizeof address) != 0)
        die("%s: %s", path, strerror(errno));

    struct {
        uint16_t major, minor;
        char data[40];
    } version = {0, 0, "{\"capabilities\":{\"max_msg_fds\":8}}"}, agreed;
    if (ask(VU_VERSION, &version, 4 + strlen(version.data) + 1, &agreed, sizeof agreed, NULL) < 4) die("short version");
    if (agreed.major != 0 || agreed.minor != 0) die("vfio-user %u.%u is not 0.0", agreed.major, agreed.minor);

    struct vu_info info = {.argsz = sizeof info};
    if (ask(VU_GET_INFO, &info, sizeof info, &info, sizeof info, NULL) < sizeof info) die("short device info");
    if (!(info.flags & VFIO_PCI_FLAG) || info.regions <= VFIO_CONFIG_REGION) die("not a PCI device");
    for (uint32_t i = 0; i < BARS; i++) {
        struct vu_region r = {.argsz = sizeof r, .index = i};
        int fd = -1;
        if (ask(VU_GET_REGION_INFO, &r, sizeof r, &r, sizeof r, &fd) < sizeof r || r.index != i) die("bad region info");
        if (fd >= 0 && !(r.flags & VFIO_MMAP_FLAG)) die("BAR%u: a descriptor, but no leave to map it", i);
        device.bars[i] = (struct bar){.bytes = r.size, .offset = r.offset, .fd = fd};
    }
    uint32_t identity = vu_read(VFIO_CONFIG_REGION, 0);
    if (identity != ((uint32_t)DEVICE_ID << 16 | VENDOR_ID)) die("device %08x is no pci-vlink", identity);
}

// ---- PCI: sysfs, and uio_pci_generic where it offers maps ----

static bool read_line(const char *path, char *line, size_t size) {
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    bool read = fgets(line, (int)size, file) != NULL;
    fclose(file);
    return read;
}

static uint64_t sysfs_number(const char *directory, const char *name) {
    char path[256], line[64];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (!read_line(path, line, sizeof line)) die("%s: %s", path, strerror(errno));
    return strtoull(line, NULL, 0);
}

static int sysfs_open(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", device.sysfs, name);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) die("%s: %s", path, strerror(errno));
    return fd;
}

static void attach_pci(const char *address) {
    char path[256], line[128];
    snprintf(device.sysfs, sizeof device.sysfs, "/sys/bus/pci/devices/%.64s", address);
    if (sysfs_number(device.sysfs, "vendor") != VENDOR_ID || sysfs_number(device.sysfs, "device") != DEVICE_ID)
        die("%s is no pci-vlink", address);

    snprintf(path, sizeof path, "%s/resource", device.sysfs);
    FILE *file = fopen(path, "re");
    for (int i = 0; i < BARS; i++) {
        uint64_t start, end;
        if (file == NULL || fgets(line, sizeof line, file) == NULL || sscanf(line, "%" SCNx64 " %" SCNx64, &start, &end) != 2)
            die("%s: cannot read BAR%d", path, i);
        device.bars[i] = (struct bar){.start = start, .bytes = end == 0 ? 0 : end - start + 1, .fd = -1};
    }
    fclose(file);

    snprintf(path, sizeof path, "%s/uio", device.sysfs);
    DIR *directory = opendir(path);
    for (struct dirent *e; directory != NULL && (e = readdir(directory)) != NULL;)
        if (strncmp(e->d_name, "uio", 3) == 0) snprintf(device.uio, sizeof device.uio, "%.31s", e->d_name);
    if (directory != NULL) closedir(directory);

    // Without a driver nobody may have switched on the BARs: COMMAND bits 0 and 1.
    uint16_t command = 0;
    int config = sysfs_open("config");
    if (pread(config, &command, sizeof command, 4) != sizeof command) die("cannot read the configuration space");
    close(config);
    if ((command & 3) != 3) {
        int enable = sysfs_open("enable");
        if (write(enable, "1", 1) != 1) die("cannot enable the device: %s", strerror(errno));
        close(enable);
    }
    device.resource0 = sysfs_open("resource0");
}

/* An open file that shows a BAR, and the offset in it to map from. */
static int bar_file(uint32_t index, uint64_t *offset) {
    char path[256], name[16];
    *offset = 0;
    for (int n = 0; device.uio[0] != 0; n++) {
        snprintf(path, sizeof path, "/sys/class/uio/%s/maps/map%d", device.uio, n);
        struct stat status;
        if (stat(path, &status) != 0) break;
        if (sysfs_number(path, "addr") != device.bars[index].start) continue;
        *offset = (uint64_t)n * (uint64_t)sysconf(_SC_PAGESIZE);
        snprintf(path, sizeof path, "/dev/%s", device.uio);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0) die("%s: %s", path, strerror(errno));
        return fd;
    }
    snprintf(name, sizeof name, "resource%u", index);
    return sysfs_open(name);
}

// ---- what both have ----

static uint32_t reg(uint32_t offset) {
    if (device.socket >= 0) return vu_read(REGISTER_BAR, offset);
    uint32_t value;
    if (pread(device.resource0, &value, 4, offset) != 4) die("register %02x: %s", offset, strerror(errno));
    return value;
}

static void set_reg(uint32_t offset, uint32_t value) {
    if (device.socket >= 0) {
        struct vu_io request = {offset, REGISTER_BAR, 4, value}, reply = {0};
        if (ask(VU_REGION_WRITE, &request, sizeof request, &reply, 16, NULL) < 16 || reply.count != 4) die("short write");
    } else if (pwrite(device.resource0, &value, 4, offset) != 4) {
        die("register %02x: %s", offset, strerror(errno));
    }
}

static uint8_t *map_bar(uint32_t index, uint64_t bytes) {
    struct bar bar = device.bars[index];
    if (device.socket < 0) bar.fd = bar_file(index, &bar.offset);
    if (bar.fd < 0) die("BAR%u cannot be mapped: no descriptor came with it", index);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bar.fd, (off_t)bar.offset);
    if (memory == MAP_FAILED) die("BAR%u: %s", index, strerror(errno));
    close(bar.fd);
    return memory;
}

static bool agent_lives(void) {
    if (device.socket < 0) return reg(REG_MAGIC) == REGISTER_MAGIC;
    struct pollfd p = {device.socket, POLLIN, 0};
    return poll(&p, 1, 0) <= 0;  // the device sends nothing of its own accord: only an end can be read
}

static uint32_t u32_at(const uint8_t *base, uint64_t offset) { return *(const volatile uint32_t *)(base + offset); }
static uint64_t u64_at(const uint8_t *base, uint64_t offset) { return *(const volatile uint64_t *)(base + offset); }
static _Atomic uint64_t *word_at(uint8_t *base, uint64_t offset) { return (_Atomic uint64_t *)(void *)(base + offset); }
static uint64_t acquire(_Atomic uint64_t *word) { return atomic_load_explicit(word, memory_order_acquire); }
static void release(_Atomic uint64_t *word, uint64_t value) { atomic_store_explicit(word, value, memory_order_release); }
static uint64_t lane(uint32_t epoch, uint32_t state) { return (uint64_t)epoch << 32 | state; }
static uint8_t lane_state(uint64_t word) { return (uint8_t)word; }

/* SPEC 4.2: an offset in the region, or UINT64_MAX; `left` is what remains of the page. */
static uint64_t offset_of(uint64_t bus, uint64_t *left) {
    uint64_t i = (bus - lowest_page) >> page_shift;
    if (bus < lowest_page || i >= span_pages || page_of[i] == 0) return UINT64_MAX;
    uint64_t in_page = bus & ((UINT64_C(1) << page_shift) - 1);
    *left = (UINT64_C(1) << page_shift) - in_page;
    return ((uint64_t)(page_of[i] - 1) << page_shift) + in_page;
}

// ---- SPEC 4.1: start ----

static void read_page_table(void) {
    uint64_t *bus = calloc(page_count, sizeof *bus), highest = 0;
    if (bus == NULL) die("out of memory");
    lowest_page = UINT64_MAX;
    for (uint32_t p = 0; p < page_count; p++) {
        set_reg(COMMON_0, p);
        uint64_t low = reg(REG_PAGE_LOW);
        bus[p] = (uint64_t)reg(REG_PAGE_HIGH) << 32 | low;
        if ((bus[p] & ((UINT64_C(1) << page_shift) - 1)) != 0 || bus[p] >> 63 != 0)
            die("page %u has the bus address %" PRIx64, p, bus[p]);
        if (bus[p] < lowest_page) lowest_page = bus[p];
        if (bus[p] > highest) highest = bus[p];
    }
    span_pages = ((highest - lowest_page) >> page_shift) + 1;
    if (span_pages > MAX_SPAN_PAGES) die("bus addresses span %" PRIu64 " pages", span_pages);
    page_of = calloc(span_pages, sizeof *page_of);
    if (page_of == NULL) die("out of memory");
    for (uint32_t p = 0; p < page_count; p++) {
        uint32_t *entry = &page_of[(bus[p] - lowest_page) >> page_shift];
        if (*entry != 0) die("pages %u and %u have the same bus address", *entry - 1, p);
        *entry = p + 1;
    }
    free(bus);
}

/* SPEC 5: the channel of a row, with every check; the numbers of the row are returned through the pointers. */
static uint8_t *channel(uint32_t number, uint32_t kind, uint32_t link, uint32_t ordinal, uint64_t *bytes, uint32_t *queue_size) {
    if (number >= MAX_CHANNELS) die("channel number %u", number);
    const uint8_t *row = channels + CM_ROWS + number * ROW_BYTES;
    uint64_t offset = u64_at(row, 0x08);
    *bytes = u64_at(row, 0x10);
    *queue_size = u32_at(row, 0x1c);
    if (u32_at(row, 0x00) != kind || u32_at(row, 0x04) != link || u32_at(row, 0x18) != ordinal)
        die("channel %u is not channel %u of link %u", number, ordinal, link);
    if (offset % CHANNEL_ALIGNMENT != 0 || offset < CM_HEADER || offset > channel_bytes || *bytes > channel_bytes - offset)
        die("channel %u lies at %" PRIx64 ", %" PRIu64 " bytes", number, offset, *bytes);
    return channels + offset;
}

static void open_queue(struct queue *q, uint32_t link, uint32_t index, uint32_t number, uint32_t queue_size) {
    uint64_t bytes;
    uint32_t row_size;
    uint8_t *data = channel(number, KIND_DATA, link, index + 1, &bytes, &row_size);
    uint64_t ring_bytes = RING_DESCRIPTORS + (uint64_t)queue_size * DESCRIPTOR_BYTES;
    if (row_size != queue_size || bytes < DC_RINGS + RINGS * ring_bytes) die("channel %u: wrong size", number);
    if (u32_at(data, 0) != DATA_MAGIC || u32_at(data, DC_LINK) != link || u32_at(data, DC_ORDINAL) != index + 1
        || u32_at(data, DC_QUEUE_SIZE) != queue_size)
        die("channel %u: wrong header", number);
    q->size = queue_size;
    q->shared_counters = (volatile uint64_t *)(void *)(data + DC_COUNTERS);
    for (uint32_t r = 0; r < RINGS; r++) {
        uint8_t *ring = data + DC_RINGS + r * ring_bytes;
        bool producer = r == TX || r == FREE;
        q->rings[r].mine = word_at(ring, producer ? RING_PRODUCER : RING_CONSUMER);
        q->rings[r].theirs = word_at(ring, producer ? RING_CONSUMER : RING_PRODUCER);
        q->rings[r].slots = (struct descriptor *)(void *)(ring + RING_DESCRIPTORS);
    }
}

static void open_link(uint32_t index, uint32_t number) {
    struct link *link = &links[link_count++];
    uint64_t bytes;
    uint32_t queue_size;
    uint8_t *control = channel(number, KIND_CONTROL, index, 0, &bytes, &queue_size);
    if (bytes < CC_BYTES || queue_size != 0 || u32_at(control, 0) != CONTROL_MAGIC || u32_at(control, CC_LINK) != index)
        die("link %u: bad control channel", index);
    memcpy(link->name, control + CC_NAME, NAME_BYTES);
    if (link->name[NAME_BYTES - 1] != 0) die("link %u: its name has no end", index);
    link->host_lane = word_at(control, CC_HOST_LANE);
    link->guest_lane = word_at(control, CC_GUEST_LANE);
    link->queue_count = u32_at(control, CC_QUEUES);
    queue_size = u32_at(control, CC_QUEUE_SIZE);
    if (link->queue_count < 1 || link->queue_count > MAX_QUEUES) die("link %u: %u queues", index, link->queue_count);
    if (queue_size < MIN_QUEUE_SIZE || queue_size > MAX_QUEUE_SIZE || (queue_size & (queue_size - 1)) != 0)
        die("link %u: queue size %u", index, queue_size);
    for (uint32_t q = 0; q < link->queue_count; q++)
        open_queue(&link->queues[q], index, q, u32_at(control, CC_CHANNELS + 4 * q), queue_size);
    queue_total += link->queue_count;
}

static void start(void) {
    uint32_t control[MAX_LINKS];
    if (device.resource0 >= 0 && flock(device.resource0, LOCK_EX) != 0) die("flock: %s", strerror(errno));
    if (reg(REG_MAGIC) != REGISTER_MAGIC) die("no agent: MAGIC reads %08x", reg(REG_MAGIC));
    if (reg(REG_VERSION) >> 16 != 1) die("version %08x", reg(REG_VERSION));
    page_shift = reg(REG_PAGE_SHIFT);
    page_count = reg(REG_NR_PAGES);
    region_bytes = (uint64_t)reg(REG_REGION_HIGH) << 32 | reg(REG_REGION_LOW);
    channel_bytes = reg(REG_CHANNEL_BYTES);
    uint32_t nr_links = reg(REG_NR_LINKS), nr_channels = reg(REG_NR_CHANNELS), shape = reg(REG_BAR_SHAPE);
    if (shape != 32 && shape != 64) die("BAR shape %u", shape);
    uint32_t channel_bar = shape == 32 ? 3 : 4;
    if ((shape == 64) != (device.bars[3].bytes == 0)) die("register BAR_SHAPE says %u, BAR3 does not", shape);
    if (device.bars[REGISTER_BAR].bytes < REGISTER_BYTES) die("BAR0 is too small");
    if (page_shift < MIN_PAGE_SHIFT || page_shift > MAX_PAGE_SHIFT) die("page shift %u", page_shift);
    if (page_count < 1 || page_count > MAX_PAGES || (uint64_t)page_count << page_shift != region_bytes)
        die("%u pages of 2^%u bytes are not %" PRIu64 " bytes", page_count, page_shift, region_bytes);
    if (region_bytes > device.bars[REGION_BAR].bytes || channel_bytes > device.bars[channel_bar].bytes)
        die("the region or the channel memory is larger than its BAR");
    if (nr_links > MAX_LINKS || nr_channels > MAX_CHANNELS || channel_bytes < CM_HEADER) die("a register exceeds its limit");
    read_page_table();
    for (uint32_t l = 0; l < nr_links; l++) {
        set_reg(COMMON_0, l);
        control[l] = reg(REG_LINK_ENABLED) == 1 ? reg(REG_LINK_CONTROL) : UINT32_MAX;
    }
    if (device.resource0 >= 0) flock(device.resource0, LOCK_UN);

    region = map_bar(REGION_BAR, region_bytes);
    channels = map_bar(channel_bar, channel_bytes);
    if (u64_at(channels, 0) != CHANNEL_MEMORY_MAGIC || u32_at(channels, CM_VERSION) >> 16 != 1) die("no channel memory");
    if (u64_at(channels, CM_TOTAL) != channel_bytes || u32_at(channels, CM_COUNT) != nr_channels)
        die("registers and channel memory differ");
    for (uint32_t l = 0; l < nr_links; l++)
        if (control[l] != UINT32_MAX) open_link(l, control[l]);
    if (link_count == 0) die("the domain has no link");
}

// ---- SPEC 7: lanes ----

/* SPEC 7: a word that agrees to an epoch as no other one does. */
static uint64_t agreement_to(uint32_t epoch) {
    uint32_t nonce;
    if (getrandom(&nonce, sizeof nonce, 0) != sizeof nonce) die("no random number: %s", strerror(errno));
    return lane(epoch, INITIALIZED) | (uint64_t)(nonce & 0xffffff) << 8;
}

/* One look at the host word; true while descriptors may flow. */
static bool look(struct link *link) {
    uint64_t host = acquire(link->host_lane);
    if (link->up && host == link->agreement) return true;
    link->up = false;
    uint32_t epoch = (uint32_t)(host >> 32), state = lane_state(host);
    if (state == INITIALIZING && !(link->agreed && link->epoch == epoch)) {
        for (uint32_t i = 0; i < link->queue_count; i++) {
            struct queue *q = &link->queues[i];
            for (int r = 0; r < RINGS; r++) {
                q->rings[r].position = 0;
                atomic_store_explicit(q->rings[r].mine, 0, memory_order_relaxed);
            }
            q->quarantined = false;
        }
        link->epoch = epoch;
        link->agreed = true;
        link->agreement = agreement_to(epoch);
        release(link->guest_lane, link->agreement);
    } else if (state == INITIALIZED && link->agreed && host == link->agreement) {
        link->up = true;
        link->epochs++;
    } else if (state == INITIALIZED && link->agreed) {
        link->agreed = false;
        release(link->guest_lane, lane(0, INITIALIZING));
    }
    return link->up;
}

// ---- SPEC 8: rings ----

/* Descriptors that wait (of a ring this side consumes) or slots that are free (of one it produces). */
static uint64_t ready(struct link *link, struct queue *q, int r) {
    struct ring *ring = &q->rings[r];
    bool producer = r == TX || r == FREE;
    uint64_t other = acquire(ring->theirs), used = producer ? ring->position - other : other - ring->position;
    if (used > q->size) {
        q->quarantined = true;
        faults++;
        fprintf(stderr, "spec_guest: link %s queue %d ring %d: positions %" PRIu64 " and %" PRIu64 ": quarantined\n", link->name,
            (int)(q - link->queues), r, ring->position, other);
        return 0;
    }
    return producer ? q->size - used : used;
}

static struct descriptor take(struct queue *q, int r) {
    struct descriptor copy;
    memcpy(&copy, &q->rings[r].slots[q->rings[r].position++ & (q->size - 1)], sizeof copy);
    atomic_signal_fence(memory_order_seq_cst);  // copied once: only the copy is used
    return copy;
}

static void put(struct queue *q, int r, struct descriptor d) {
    d.flags = 0;
    memcpy(&q->rings[r].slots[q->rings[r].position++ & (q->size - 1)], &d, sizeof d);
}

static void publish(struct queue *q, int r) { release(q->rings[r].mine, q->rings[r].position); }

/* SPEC 8.2; what fails is counted, and returned if its buffer can be named. */
static uint8_t *check(struct link *link, struct queue *q, struct descriptor d, uint32_t least) {
    uint64_t left = 0, offset = offset_of(d.address, &left);
    if (offset != UINT64_MAX && d.length >= least && d.length <= left && d.flags == 0) return region + offset;
    if (q->counters[RX_BAD]++ < 10)
        fprintf(stderr, "spec_guest: link %s queue %d: bad descriptor %" PRIx64 " length %u flags %x\n", link->name,
            (int)(q - link->queues), d.address, d.length, d.flags);
    if (offset != UINT64_MAX) put(q, FREE, d), q->counters[FREE_BUFFERS]++;
    return NULL;
}

static void swap_addresses(uint8_t *to, const uint8_t *from) {
    uint8_t both[12];
    memcpy(both, from, 12);
    memcpy(to, both + 6, 6);
    memcpy(to + 6, both, 6);
}

/* One burst; returns the packets it echoed. The caller has just looked at the host word. */
static uint64_t echo(struct link *link, struct queue *q, bool copy) {
    struct descriptor burst[BURST];
    if (q->quarantined) return 0;
    uint64_t waiting = ready(link, q, RX);
    if (waiting == 0) return 0;
    uint64_t room = ready(link, q, TX), free_room = ready(link, q, FREE) / 2, buffers = copy ? ready(link, q, ALLOC) : 0, n;
    if (q->quarantined) return 0;
    n = waiting < BURST ? waiting : BURST;
    if (n > room) q->counters[TX_FULL] += n - room, n = room;  // they stay on rx
    if (n > free_room) n = free_room;
    if (n == 0) return 0;
    for (uint64_t i = 0; i < n; i++) burst[i] = take(q, RX);
    publish(q, RX);
    uint64_t sent = q->counters[TX_PACKETS];
    for (uint64_t i = 0; i < n; i++) {
        struct descriptor out = burst[i];
        uint8_t *packet = check(link, q, out, MIN_FRAME_BYTES), *target = packet;
        if (packet == NULL) continue;
        q->counters[RX_PACKETS]++;
        q->counters[RX_BYTES] += out.length;
        if (buffers > 0) {
            buffers--;
            struct descriptor empty = take(q, ALLOC);
            q->counters[ALLOC_BUFFERS]++;
            uint8_t *buffer = check(link, q, empty, out.length);
            if (buffer != NULL) {
                memcpy(buffer + 12, packet + 12, out.length - 12);
                put(q, FREE, out);
                q->counters[FREE_BUFFERS]++;
                target = buffer;
                empty.length = out.length;
                out = empty;
            }
        }
        swap_addresses(target, packet);
        put(q, TX, out);
        q->counters[TX_PACKETS]++;
        q->counters[TX_BYTES] += out.length;
    }
    if (copy) publish(q, ALLOC);
    publish(q, TX);
    publish(q, FREE);
    for (int i = 0; i < COUNTERS; i++) q->shared_counters[i] = q->counters[i];
    return q->counters[TX_PACKETS] - sent;
}

// ---- the program ----

static void nap(long nanoseconds) { nanosleep(&(struct timespec){0, nanoseconds}, NULL); }

static void run(uint64_t count, bool copy) {
    uint64_t echoed = 0;
    for (uint32_t idle = 0, rounds = 0; !stopping && (count == 0 || echoed < count); rounds++) {
        uint64_t before = echoed;
        for (uint32_t l = 0; l < link_count; l++)
            for (uint32_t q = 0; q < links[l].queue_count && look(&links[l]); q++)
                echoed += echo(&links[l], &links[l].queues[q], copy);
        idle = echoed != before ? 0 : idle + 1;
        if (idle > 20000) nap(50000);
        else if (idle > 200) sched_yield();
        bool ask_agent = idle > 20000 ? idle % 2000 == 0 : rounds % 1000000 == 0;
        if (ask_agent && !agent_lives()) die("the agent is gone");
    }
}

/* What the host has not taken from `tx` when the epoch ends is lost: it gets a second to take it. */
static void stop(void) {
    for (int tries = 0; tries < 1000; tries++, nap(1000000)) {
        bool waits = false;
        for (uint32_t l = 0; l < link_count; l++)
            for (uint32_t q = 0; q < links[l].queue_count && look(&links[l]); q++) {
                struct queue *queue = &links[l].queues[q];
                waits |= !queue->quarantined && ready(&links[l], queue, TX) < queue->size;
            }
        if (!waits) break;
    }
    for (uint32_t l = 0; l < link_count; l++) release(links[l].guest_lane, lane(0, NOT_INITIALIZED));
}

static void on_signal(int signal) {
    (void)signal;
    stopping = 1;
}

static int usage(void) {
    fputs("usage: spec_guest --vfio-user SOCKET | --pci ADDRESS [--count N] [--copy]\n", stderr);
    return 2;
}

int main(int argc, char **argv) {
    const char *path = NULL, *pci = NULL;
    uint64_t count = 0;
    bool copy = false;
    for (int i = 1; i < argc; i++) {
        char *end = NULL;
        if (strcmp(argv[i], "--copy") == 0) copy = true;
        else if (i + 1 == argc) return usage();
        else if (strcmp(argv[i], "--vfio-user") == 0) path = argv[++i];
        else if (strcmp(argv[i], "--pci") == 0) pci = argv[++i];
        else if (strcmp(argv[i], "--count") == 0 && (count = strtoull(argv[++i], &end, 10)) > 0 && *end == 0) continue;
        else return usage();
    }
    if ((path == NULL) == (pci == NULL)) return usage();
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);

    if (path != NULL) attach_vfio_user(path);
    else attach_pci(pci);
    start();
    for (uint32_t l = 0; l < link_count; l++) release(links[l].guest_lane, lane(0, INITIALIZING));
    printf("spec_guest ready links=%u queues=%u\n", link_count, queue_total);
    fflush(stdout);
    run(count, copy);
    stop();

    uint64_t totals[COUNTERS] = {0}, epochs = 0;
    for (uint32_t l = 0; l < link_count; l++) {
        epochs += links[l].epochs;
        for (uint32_t q = 0; q < links[l].queue_count; q++)
            for (int c = 0; c < COUNTERS; c++) totals[c] += links[l].queues[q].counters[c];
    }
    printf("spec_guest done rx=%" PRIu64 " tx=%" PRIu64 " bytes=%" PRIu64 " alloc=%" PRIu64 " free=%" PRIu64 " bad=%" PRIu64
           " faults=%" PRIu64 " epochs=%" PRIu64 "\n",
        totals[RX_PACKETS], totals[TX_PACKETS], totals[TX_BYTES], totals[ALLOC_BUFFERS], totals[FREE_BUFFERS], totals[RX_BAD],
        faults, epochs);
    return totals[RX_BAD] == 0 && faults == 0 ? 0 : 1;
}
