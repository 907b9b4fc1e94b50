/* The connection to whoever has the devices, and the messages on it. Every function may be called
   from any thread. */
#ifndef JOH_USB_CONNECTION_H
#define JOH_USB_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

/* Message: u32 length of the rest, u32 id, then for a request u8 operation, u8 device, payload;
   for a reply i32 status, payload. Numbers are little endian. A message to us with the id 0 is an
   event, whose kind is in the place of the status. */
enum operation {
  OPERATION_LIST = 1,
  OPERATION_OPEN = 2,
  OPERATION_CLOSE = 3,
  OPERATION_CLAIM = 4,
  OPERATION_RELEASE = 5,
  OPERATION_CONFIGURE = 6,
  OPERATION_ALTERNATE = 7,
  OPERATION_RESET = 8,
  OPERATION_TRANSFER = 9,
  OPERATION_CANCEL = 10,
  OPERATION_CLEAR_HALT = 11,
  OPERATION_HELLO = 12,
};

enum event {
  EVENT_DEVICES = 1, /* the list has changed */
  EVENT_TEXT = 2,    /* a sentence for whoever looks at the terminal */
};

/* A status of 0 is success; these are libusb-1.0's error numbers. */
enum status {
  STATUS_IO = -1,
  STATUS_ACCESS = -3,
  STATUS_NO_DEVICE = -4,
  STATUS_NOT_FOUND = -5,
  STATUS_BUSY = -6,
  STATUS_TIMEOUT = -7,
  STATUS_OVERFLOW = -8,
  STATUS_PIPE = -9,
  STATUS_INTERRUPTED = -10,
  STATUS_NO_MEM = -11,
  STATUS_NOT_SUPPORTED = -12,
};

struct reply {
  uint32_t id;
  int32_t status;
  uint32_t length;
  uint8_t *data; /* owned by whoever gets the reply; null when there is none */
};

#define DEVICES_MAX 16
#define DESCRIPTOR_BYTES 18
#define CONFIGURATION_BYTES_MAX 4096

struct shim_device {
  uint8_t number; /* names it on the connection, from being plugged in to being pulled out */
  uint8_t descriptor[DESCRIPTOR_BYTES];
  uint16_t configuration_length;
  uint8_t configuration[CONFIGURATION_BYTES_MAX];
};

/* One transfer. `setup` is null for bulk and interrupt endpoints. */
struct shim_transfer {
  const struct shim_device *device;
  uint8_t endpoint;
  const uint8_t *setup;
  uint8_t *data;
  uint32_t length;
  uint32_t timeout_ms; /* 0: none */
};

/* Connects to the socket named by JOY_OF_HARDWARE_USB, once; 0 or a negative status. */
int shim_connect(void);
/* File descriptors that a main loop can wait on: the connection's, and one for wake-ups. */
int shim_descriptor(void);
int shim_wake_descriptor(void);
/* Sends a request; its id, or 0 when the connection is gone. Nobody waits for its reply. */
uint32_t shim_send(enum operation operation, uint8_t device, const void *payload, uint32_t length);
/* Sends and waits; what the other end says of a refusal is printed. */
int shim_call(enum operation operation, uint8_t device, const void *payload, uint32_t length);
/* Fills `devices`; how many there are, or a negative status. */
int shim_list(struct shim_device devices[DEVICES_MAX]);
/* Bytes moved, or a negative status. A write to an FTDI chip is not waited for: see README.md. */
int shim_move(const struct shim_transfer *transfer);
/* Sends a transfer without waiting: its id, or 0. Its reply goes to `shim_completed`; `known` is
   called with its id before that can happen, with the lock held. */
uint32_t shim_submit(const struct shim_transfer *transfer, void (*known)(void *, uint32_t),
                     void *argument);
/* Waits until every write that was not waited for is done; the status of the first that failed. */
int shim_flush(uint8_t device);
/* Forgets that a write failed: the device was closed or reset. */
void shim_forget(uint8_t device);

/* Handles what comes in until `is_done` says so or the time is over (negative: never). Both are
   called with the lock held. A negative status: the connection is gone. */
int shim_pump(int timeout_ms, int (*is_done)(void *), void *argument);
/* Makes one `shim_pump` of another thread return. */
void shim_wake(void);
void shim_lock(void);
void shim_unlock(void);

/* Set by the library that can submit: a reply that nobody waits for (true: it took the data), and
   that the list of devices has changed. Called with the lock held. */
extern int (*shim_completed)(struct reply *reply);
extern void (*shim_changed)(void);

#endif
