/* A libusb program for tests: `exercise threads|timeout|cancel|plug|busy|isochronous|posted`. It says
   "ok" and ends with 0, or says what was wrong. */
#include <libusb-1.0/libusb.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define THREADS 4
#define ROUNDS 100

static libusb_device_handle *handle;

_Noreturn static void fail(const char *what, int status) {
  printf("%s: %s\n", what, libusb_error_name(status));
  exit(1);
}
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
static void open_device(void) {
  handle = libusb_open_device_with_vid_pid(NULL, 0x0403, 0x6010);
  if (!handle) fail("open", LIBUSB_ERROR_NO_DEVICE);
  int status = libusb_claim_interface(handle, 0);
  if (status != 0) fail("claim", status);
}

/* Each reads the pins (FTDI, bRequest 0Ch) and strings, while another handles events. */
static int is_over;
static void *reader(void *unused) {
  (void)unused;
  for (int round = 0; round < ROUNDS; round++) {
    unsigned char pins[1], text[64];
    int status = libusb_control_transfer(handle, 0xc0, 0x0c, 0, 1, pins, 1, 5000);
    if (status != 1) fail("pins", status);
    status = libusb_get_string_descriptor_ascii(handle, 2, text, sizeof text);
    if (status <= 0 || strncmp((char *)text, "iCEBreaker", 10) != 0) fail("string", status);
  }
  return NULL;
}
static void *events(void *unused) {
  (void)unused;
  while (!__atomic_load_n(&is_over, __ATOMIC_SEQ_CST)) {
    struct timeval time = {0, 20000};
    libusb_handle_events_timeout_completed(NULL, &time, NULL);
  }
  return NULL;
}
static int finished;
static void LIBUSB_CALL count(struct libusb_transfer *transfer) {
  if (transfer->status != LIBUSB_TRANSFER_COMPLETED) fail("transfer", (int)transfer->status);
  __atomic_add_fetch(&finished, 1, __ATOMIC_SEQ_CST);
}
static void threads(void) {
  open_device();
  pthread_t all[THREADS + 1];
  pthread_create(&all[THREADS], NULL, events, NULL);
  for (int at = 0; at < THREADS; at++) pthread_create(&all[at], NULL, reader, NULL);
  static unsigned char data[16][512];
  for (int at = 0; at < 16; at++) {
    struct libusb_transfer *transfer = libusb_alloc_transfer(0);
    libusb_fill_bulk_transfer(transfer, handle, 0x81, data[at], 512, count, NULL, 5000);
    transfer->flags = LIBUSB_TRANSFER_FREE_TRANSFER;
    int status = libusb_submit_transfer(transfer);
    if (status != 0) fail("submit", status);
  }
  for (int at = 0; at < THREADS; at++) pthread_join(all[at], NULL);
  while (__atomic_load_n(&finished, __ATOMIC_SEQ_CST) < 16) nanosleep(&(struct timespec){0, 1000000}, NULL);
  __atomic_store_n(&is_over, 1, __ATOMIC_SEQ_CST);
  pthread_join(all[THREADS], NULL);
  libusb_close(handle);
}

static void timeout(void) {
  open_device();
  unsigned char data[512];
  int moved = 7;
  double began = now();
  int status = libusb_bulk_transfer(handle, 0x81, data, sizeof data, &moved, 300);
  if (status != LIBUSB_ERROR_TIMEOUT || moved != 0) fail("timeout", status);
  if (now() - began < 0.29 || now() - began > 5) fail("its time", status);
  libusb_close(handle);
}

static int cancelled = -1;
static void LIBUSB_CALL note(struct libusb_transfer *transfer) { cancelled = (int)transfer->status; }
static void cancel(void) {
  open_device();
  unsigned char data[512];
  struct libusb_transfer *transfer = libusb_alloc_transfer(0);
  libusb_fill_bulk_transfer(transfer, handle, 0x81, data, sizeof data, note, NULL, 0);
  int status = libusb_submit_transfer(transfer);
  if (status != 0) fail("submit", status);
  status = libusb_cancel_transfer(transfer);
  if (status != 0) fail("cancel", status);
  for (int tries = 0; tries < 50 && cancelled < 0; tries++) {
    struct timeval time = {0, 100000};
    libusb_handle_events_timeout(NULL, &time);
  }
  if (cancelled != LIBUSB_TRANSFER_CANCELLED) fail("callback", cancelled);
  if (libusb_cancel_transfer(transfer) != LIBUSB_ERROR_NOT_FOUND) fail("cancel again", 0);
  libusb_free_transfer(transfer);
  libusb_close(handle);
}

static int arrived, left;
static int LIBUSB_CALL plugged(libusb_context *context, libusb_device *device,
                               libusb_hotplug_event event, void *data) {
  (void)context, (void)device, (void)data;
  if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED) arrived++;
  else left++;
  printf("%s\n", event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED ? "arrived" : "left");
  fflush(stdout);
  return 0;
}
static void plug(void) {
  if (!libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG)) fail("capability", 0);
  libusb_hotplug_callback_handle callback;
  int status = libusb_hotplug_register_callback(
      NULL, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
      LIBUSB_HOTPLUG_ENUMERATE, 0x0403, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, plugged,
      NULL, &callback);
  if (status != 0) fail("register", status);
  /* There from the start, pulled out, plugged in again. */
  for (double began = now(); now() - began < 20 && !(arrived == 2 && left == 1);) {
    struct timeval time = {0, 100000};
    libusb_handle_events_timeout(NULL, &time);
  }
  if (arrived != 2 || left != 1) fail("events", 0);
  libusb_hotplug_deregister_callback(NULL, callback);
}

static void busy(void) {
  handle = libusb_open_device_with_vid_pid(NULL, 0x0403, 0x6010);
  if (!handle) fail("open", LIBUSB_ERROR_NO_DEVICE);
  int status = libusb_claim_interface(handle, 0);
  if (status != LIBUSB_ERROR_BUSY) fail("claim", status);
  libusb_close(handle);
}

static void isochronous(void) {
  open_device();
  if (libusb_alloc_transfer(8)) fail("alloc", 0);
  struct libusb_transfer *transfer = libusb_alloc_transfer(0);
  unsigned char data[64];
  libusb_fill_iso_transfer(transfer, handle, 0x81, data, sizeof data, 0, note, NULL, 0);
  int status = libusb_submit_transfer(transfer);
  if (status != LIBUSB_ERROR_NOT_SUPPORTED) fail("submit", status);
  libusb_free_transfer(transfer);
  libusb_close(handle);
}

/* A write that nobody waits for fails: the next call says so, and so does every one after it. */
static void posted(void) {
  open_device();
  unsigned char data[4096] = {0};
  int moved, status = 0;
  for (int at = 0; at < 200 && status == 0; at++)
    status = libusb_bulk_transfer(handle, 0x02, data, sizeof data, &moved, 1000);
  if (status == 0) status = libusb_bulk_transfer(handle, 0x81, data, sizeof data, &moved, 1000);
  if (status != LIBUSB_ERROR_NO_DEVICE) fail("write", status);
  status = libusb_bulk_transfer(handle, 0x81, data, sizeof data, &moved, 1000);
  if (status != LIBUSB_ERROR_NO_DEVICE) fail("read", status);
  libusb_close(handle);
}

int main(int count, char **arguments) {
  static const struct {
    const char *name;
    void (*run)(void);
  } all[] = {{"threads", threads}, {"timeout", timeout},         {"cancel", cancel}, {"plug", plug},
             {"busy", busy},       {"isochronous", isochronous}, {"posted", posted}};
  if (libusb_init(NULL) != 0) fail("init", 0);
  for (size_t at = 0; at < sizeof all / sizeof *all && count > 1; at++)
    if (strcmp(all[at].name, arguments[1]) == 0) {
      all[at].run();
      libusb_exit(NULL);
      printf("ok\n");
      return 0;
    }
  return 2;
}
