/* Transfers: those that are waited for, those that are submitted, and writes that need no waiting. */
#include "connection-internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The other end keeps the time of a transfer; this much later it is given up without it. */
#define SLACK_MS 10000
#define FTDI_VENDOR 0x0403

/* Writes that were not waited for. */
struct posted {
  struct posted *next;
  uint32_t id, bytes;
  uint8_t device;
};
static struct posted *posted;
static uint32_t posted_bytes, window_bytes; /* no window: every write is waited for */
static int32_t failed[256];

void shim_window(uint32_t bytes) { window_bytes = bytes; }

void shim_settle(const struct reply *reply) {
  for (struct posted **link = &posted; *link; link = &(*link)->next) {
    struct posted *found = *link;
    if (found->id != reply->id) continue;
    *link = found->next;
    posted_bytes -= found->bytes;
    if (reply->status != 0 && failed[found->device] == 0) failed[found->device] = reply->status;
    free(found);
    return;
  }
}

void shim_settle_all(int status) {
  while (posted) {
    struct reply lost = {.id = posted->id, .status = status};
    shim_settle(&lost);
  }
}

/* Transfers. Payload: u8 endpoint, u8 flags, u32 timeout, u32 length, 8 bytes of setup, u32 pause, the
   data of a transfer out. */
#define TRANSFER_HEADER 22
enum flags { FLAG_SETUP = 1, FLAG_POSTED = 2 };

static int is_in(const struct shim_transfer *transfer) {
  return ((transfer->setup ? transfer->setup[0] : transfer->endpoint) & 0x80) != 0;
}

/* A tool that sleeps after a write counts on the device having had that time. After a write that was
   not waited for, the far end sees to it: it is told how long the tool took until its next call. */
static int64_t posted_at_us[256];

static int64_t now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static uint32_t pause_us(uint8_t device) {
  shim_lock();
  int64_t before = posted_at_us[device];
  posted_at_us[device] = 0;
  shim_unlock();
  int64_t pause = before == 0 ? 0 : now_us() - before;
  return pause < 0 || pause > 0xffffffffll ? 0 : (uint32_t)pause;
}

static int body_of(const struct shim_transfer *transfer, int flags, uint8_t header[TRANSFER_HEADER],
                   struct iovec body[2]) {
  header[0] = transfer->endpoint;
  header[1] = (uint8_t)(flags | (transfer->setup ? FLAG_SETUP : 0));
  shim_put32(header + 2, transfer->timeout_ms);
  shim_put32(header + 6, transfer->length);
  memset(header + 10, 0, 8);
  if (transfer->setup) memcpy(header + 10, transfer->setup, 8);
  shim_put32(header + 18, pause_us(transfer->device->number));
  body[0] = (struct iovec){header, TRANSFER_HEADER};
  body[1] = (struct iovec){transfer->data, transfer->length};
  return is_in(transfer) || transfer->length == 0 ? 1 : 2;
}

uint32_t shim_submit(const struct shim_transfer *transfer, void (*known)(void *, uint32_t),
                     void *argument) {
  uint8_t header[TRANSFER_HEADER];
  struct iovec body[2];
  int count = body_of(transfer, 0, header, body);
  return shim_send_known(OPERATION_TRANSFER, transfer->device->number, body, count, known, argument);
}

/* An FTDI chip is a FIFO: that a write to it has succeeded says only that the bytes are in it. So
   nothing is lost when its success is told before, and its failure with the next call. The same
   holds for the requests that set it up, which it always takes (reset, modem control, flow, rate,
   format, event and error character, latency, bit mode). */
static int may_post(const struct shim_transfer *transfer) {
  const uint8_t *ids = transfer->device->descriptor + 8;
  if (window_bytes == 0 || is_in(transfer) || (ids[0] | ids[1] << 8) != FTDI_VENDOR) return 0;
  if (!transfer->setup) return 1;
  return transfer->setup[0] == 0x40 && transfer->length == 0 && transfer->setup[1] <= 0x0b &&
         transfer->setup[1] != 0x05 && transfer->setup[1] != 0x08 && transfer->setup[1] != 0x0a;
}

static void known_posted(void *argument, uint32_t id) {
  struct posted *write = argument;
  write->id = id;
  write->next = posted;
  posted = write;
  posted_bytes += write->bytes;
}
static int has_room(void *device) {
  return posted_bytes < window_bytes || failed[*(uint8_t *)device] != 0;
}

static int post(const struct shim_transfer *transfer) {
  uint8_t device = transfer->device->number;
  struct posted *write = calloc(1, sizeof *write);
  if (!write) return STATUS_NO_MEM;
  /* A request counts, too, so that their number is bounded. */
  write->bytes = transfer->length + 64;
  write->device = device;
  shim_lock();
  int waited = shim_pump_locked(shim_now_ms() + (transfer->timeout_ms ? transfer->timeout_ms : CALL_MS) + SLACK_MS,
                    has_room, &device, 0);
  int status = waited < 0 ? waited : waited == 0 ? STATUS_TIMEOUT : failed[device];
  shim_unlock();
  if (status != 0) {
    free(write);
    return status;
  }
  uint8_t header[TRANSFER_HEADER];
  struct iovec body[2];
  int count = body_of(transfer, FLAG_POSTED, header, body);
  uint32_t id = shim_send_known(OPERATION_TRANSFER, device, body, count, known_posted, write);
  if (id != 0) {
    shim_lock();
    posted_at_us[device] = now_us();
    shim_unlock();
    return (int)transfer->length;
  }
  if (write->id == 0) free(write); /* else it is in the list, and goes with the connection */
  return STATUS_NO_DEVICE;
}

/* A reply to a transfer out holds how many bytes were taken, to one in the bytes. */
int shim_move(const struct shim_transfer *transfer) {
  if (may_post(transfer)) return post(transfer);
  struct reply reply = {0};
  uint8_t header[TRANSFER_HEADER];
  struct iovec body[2];
  int count = body_of(transfer, 0, header, body);
  int timeout_ms = transfer->timeout_ms == 0 || transfer->timeout_ms > 0x7fffffffu - SLACK_MS
                       ? -1
                       : (int)transfer->timeout_ms + SLACK_MS;
  int status =
      shim_wait_for(OPERATION_TRANSFER, transfer->device->number, body, count, timeout_ms, &reply);
  if (status == 0 && is_in(transfer)) {
    uint32_t moved = reply.length < transfer->length ? reply.length : transfer->length;
    if (moved > 0) memcpy(transfer->data, reply.data, moved);
    status = (int)moved;
  } else if (status == 0) {
    status = reply.length == 4 ? (int)shim_get32(reply.data) : STATUS_IO;
  }
  free(reply.data);
  return status;
}

static int is_flushed(void *device) {
  for (struct posted *each = posted; each; each = each->next)
    if (each->device == *(uint8_t *)device) return 0;
  return 1;
}

int shim_flush(uint8_t device) {
  shim_lock();
  int ended = shim_pump_locked(shim_now_ms() + SLACK_MS, is_flushed, &device, 0);
  int status = ended == 1 ? failed[device] : ended < 0 ? ended : STATUS_TIMEOUT;
  shim_unlock();
  return status;
}

void shim_forget(uint8_t device) {
  shim_lock();
  failed[device] = 0;
  shim_unlock();
}
