/* The connection to whoever has the devices, and the messages on it. */
#ifndef JOH_USB_CONNECTION_H
#define JOH_USB_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

/* Message: u32 length of the rest, u32 id, then for a request u8 operation, u8 device, payload;
   for a reply i32 status, payload. Numbers are little endian. */
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
};

/* A status of 0 is success; these are libusb-1.0's error numbers. */
enum status {
  STATUS_IO = -1,
  STATUS_ACCESS = -3,
  STATUS_NO_DEVICE = -4,
  STATUS_BUSY = -6,
  STATUS_TIMEOUT = -7,
  STATUS_PIPE = -9,
  STATUS_INTERRUPTED = -10,
  STATUS_NO_MEM = -11,
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
  uint8_t number; /* names it on the connection */
  uint8_t descriptor[DESCRIPTOR_BYTES];
  uint16_t configuration_length;
  uint8_t configuration[CONFIGURATION_BYTES_MAX];
};

/* Connects to the socket named by JOH_USB_SOCKET, once; 0 or a negative status. */
int shim_connect(void);
/* The file descriptor of the connection, for poll. */
int shim_descriptor(void);
/* Sends a request; its id, or 0 when the connection is gone. */
uint32_t shim_send(enum operation operation, uint8_t device, const void *payload, uint32_t length);
/* Waits for one reply of an earlier request, at most `timeout_ms` (negative: for ever): 1, 0 when the
   time is over, a negative status when the connection is gone. */
int shim_receive(struct reply *reply, int timeout_ms);
/* Waits for one request's reply; others go to `shim_other`. Returns its status. */
int shim_wait(uint32_t id, struct reply *reply);
/* Sends and waits; the payload of the reply is thrown away. */
int shim_call(enum operation operation, uint8_t device, const void *payload, uint32_t length);
/* Fills `devices`; how many there are, or a negative status. */
int shim_list(struct shim_device devices[DEVICES_MAX]);
/* One transfer, waited for. `setup` is null for bulk and interrupt endpoints. Bytes moved, or a
   negative status. */
int shim_transfer(uint8_t device, uint8_t endpoint, const uint8_t *setup, uint8_t *data,
                  uint32_t length, uint32_t timeout_ms);
/* Sends a transfer without waiting: its id, or 0. */
uint32_t shim_submit(uint8_t device, uint8_t endpoint, const uint8_t *setup, const uint8_t *data,
                     uint32_t length, uint32_t timeout_ms);
/* What a reply that nobody waits for goes to; set by the library that can submit. */
extern void (*shim_other)(struct reply *reply);

#endif
