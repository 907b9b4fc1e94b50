/* One blocking connection for the process. Tools drive USB from one thread; so does this. */
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_HEADER 10
#define REPLY_HEADER 8
#define MESSAGE_BYTES_MAX (1u << 24)

static int connection = -1;
static uint32_t last_id = 0;

static void forget(struct reply *reply) { free(reply->data); }
void (*shim_other)(struct reply *reply) = forget;

static void put32(uint8_t *at, uint32_t value) {
  for (int byte = 0; byte < 4; byte++) at[byte] = (uint8_t)(value >> (8 * byte));
}

static uint32_t get32(const uint8_t *at) {
  return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

int shim_descriptor(void) { return connection; }

int shim_connect(void) {
  if (connection >= 0) return 0;
  const char *path = getenv("JOH_USB_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!path || strlen(path) >= sizeof address.sun_path) {
    fprintf(stderr, "usb-shim: JOH_USB_SOCKET does not name a socket\n");
    return STATUS_IO;
  }
  strcpy(address.sun_path, path);
  int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (opened < 0) return STATUS_IO;
  if (connect(opened, (struct sockaddr *)&address, sizeof address) != 0) {
    fprintf(stderr, "usb-shim: %s: %s\n", path, strerror(errno));
    close(opened);
    return STATUS_IO;
  }
  connection = opened;
  return 0;
}

static int send_all(const void *bytes, size_t length) {
  const uint8_t *at = bytes;
  while (length > 0) {
    ssize_t sent = send(connection, at, length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return STATUS_NO_DEVICE;
    at += sent;
    length -= (size_t)sent;
  }
  return 0;
}

static int receive_all(void *bytes, size_t length) {
  uint8_t *at = bytes;
  while (length > 0) {
    ssize_t received = recv(connection, at, length, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return STATUS_NO_DEVICE;
    at += received;
    length -= (size_t)received;
  }
  return 0;
}

uint32_t shim_send(enum operation operation, uint8_t device, const void *payload, uint32_t length) {
  if (connection < 0) return 0;
  uint8_t header[REQUEST_HEADER];
  if (++last_id == 0) last_id = 1;
  put32(header, REQUEST_HEADER - 4 + length);
  put32(header + 4, last_id);
  header[8] = (uint8_t)operation;
  header[9] = device;
  if (send_all(header, sizeof header) != 0 || send_all(payload, length) != 0) return 0;
  return last_id;
}

int shim_receive(struct reply *reply, int timeout_ms) {
  if (connection < 0) return STATUS_NO_DEVICE;
  struct pollfd ready = {.fd = connection, .events = POLLIN};
  int count = poll(&ready, 1, timeout_ms);
  if (count < 0) return errno == EINTR ? 0 : STATUS_IO;
  if (count == 0) return 0;
  uint8_t header[4 + REPLY_HEADER];
  if (receive_all(header, sizeof header) != 0) return STATUS_NO_DEVICE;
  uint32_t length = get32(header);
  if (length < REPLY_HEADER || length > MESSAGE_BYTES_MAX) return STATUS_IO;
  reply->id = get32(header + 4);
  reply->status = (int32_t)get32(header + 8);
  reply->length = length - REPLY_HEADER;
  reply->data = reply->length > 0 ? malloc(reply->length) : NULL;
  if (reply->length > 0 && !reply->data) return STATUS_NO_MEM;
  if (receive_all(reply->data, reply->length) != 0) {
    free(reply->data);
    return STATUS_NO_DEVICE;
  }
  return 1;
}

int shim_wait(uint32_t id, struct reply *reply) {
  if (id == 0) return STATUS_NO_DEVICE;
  for (;;) {
    int received = shim_receive(reply, -1);
    if (received < 0) return received;
    if (received == 0) continue;
    if (reply->id == id) return reply->status;
    shim_other(reply);
  }
}

int shim_call(enum operation operation, uint8_t device, const void *payload, uint32_t length) {
  struct reply reply = {0};
  int status = shim_wait(shim_send(operation, device, payload, length), &reply);
  free(reply.data);
  return status;
}

int shim_list(struct shim_device devices[DEVICES_MAX]) {
  int connected = shim_connect();
  if (connected < 0) return connected;
  struct reply reply = {0};
  int status = shim_wait(shim_send(OPERATION_LIST, 0, NULL, 0), &reply);
  if (status < 0) return status;
  int count = 0;
  uint32_t at = 0;
  while (count < DEVICES_MAX && at + 1 + DESCRIPTOR_BYTES + 2 <= reply.length) {
    struct shim_device *device = &devices[count];
    device->number = reply.data[at];
    memcpy(device->descriptor, reply.data + at + 1, DESCRIPTOR_BYTES);
    at += 1 + DESCRIPTOR_BYTES;
    device->configuration_length = (uint16_t)(reply.data[at] | reply.data[at + 1] << 8);
    at += 2;
    if (device->configuration_length > CONFIGURATION_BYTES_MAX) break;
    if (at + device->configuration_length > reply.length) break;
    memcpy(device->configuration, reply.data + at, device->configuration_length);
    at += device->configuration_length;
    count++;
  }
  free(reply.data);
  return count;
}

/* Payload: u8 endpoint, u8 whether a setup follows, u32 timeout, u32 length, 8 bytes of setup, the
   data of a transfer out. */
uint32_t shim_submit(uint8_t device, uint8_t endpoint, const uint8_t *setup, const uint8_t *data,
                     uint32_t length, uint32_t timeout_ms) {
  int is_in = setup ? (setup[0] & 0x80) != 0 : (endpoint & 0x80) != 0;
  uint32_t sent = is_in ? 0 : length;
  uint8_t *payload = malloc(18 + (size_t)sent);
  if (!payload) return 0;
  payload[0] = endpoint;
  payload[1] = setup != NULL;
  put32(payload + 2, timeout_ms);
  put32(payload + 6, length);
  memset(payload + 10, 0, 8);
  if (setup) memcpy(payload + 10, setup, 8);
  if (sent > 0) memcpy(payload + 18, data, sent);
  uint32_t id = shim_send(OPERATION_TRANSFER, device, payload, 18 + sent);
  free(payload);
  return id;
}

/* A reply to a transfer out holds how many bytes were taken, to one in the bytes. */
int shim_transfer(uint8_t device, uint8_t endpoint, const uint8_t *setup, uint8_t *data,
                  uint32_t length, uint32_t timeout_ms) {
  struct reply reply = {0};
  int is_in = setup ? (setup[0] & 0x80) != 0 : (endpoint & 0x80) != 0;
  int status = shim_wait(shim_submit(device, endpoint, setup, data, length, timeout_ms), &reply);
  if (status == 0) {
    if (!is_in) {
      status = reply.length == 4 ? (int)get32(reply.data) : STATUS_IO;
    } else {
      uint32_t moved = reply.length < length ? reply.length : length;
      if (moved > 0) memcpy(data, reply.data, moved);
      status = (int)moved;
    }
  }
  free(reply.data);
  return status;
}
