/* The ABI of libusb 0.1, which libftdi 0.20 and so Debian's iceprog still use. */
#pragma GCC visibility push(default)
#include <usb.h>
#pragma GCC visibility pop

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"

#define TYPE_CONFIGURATION struct usb_config_descriptor
#define TYPE_INTERFACE struct usb_interface
#define TYPE_INTERFACE_DESCRIPTOR struct usb_interface_descriptor
#define TYPE_ENDPOINT_DESCRIPTOR struct usb_endpoint_descriptor
#define extra_length extralen
#include "configuration.h"
#undef extra_length

/* libftdi reaches into the handle for the first field, to wait on it. */
struct usb_dev_handle {
  int descriptor;
  struct usb_device *device;
  const struct shim_device *shim;
};

static struct usb_bus the_bus;
struct usb_bus *usb_busses = &the_bus;
static int last_error;

/* Its errors are the system's. */
static int said(int status) {
  static const struct {
    int status, error;
  } errors[] = {
      {STATUS_IO, EIO},           {STATUS_ACCESS, EACCES}, {STATUS_NO_DEVICE, ENODEV},
      {STATUS_NOT_FOUND, ENOENT}, {STATUS_BUSY, EBUSY},    {STATUS_TIMEOUT, ETIMEDOUT},
      {STATUS_OVERFLOW, EOVERFLOW}, {STATUS_PIPE, EPIPE},  {STATUS_INTERRUPTED, EINTR},
      {STATUS_NO_MEM, ENOMEM},    {STATUS_NOT_SUPPORTED, ENOSYS},
  };
  if (status >= 0) return status;
  last_error = EIO;
  for (size_t at = 0; at < sizeof errors / sizeof *errors; at++)
    if (errors[at].status == status) last_error = errors[at].error;
  return -last_error;
}

void usb_init(void) { shim_connect(); }
void usb_set_debug(int level) { (void)level; }
char *usb_strerror(void) { return strerror(last_error); }

int usb_find_busses(void) {
  int is_new = the_bus.dirname[0] == 0;
  strcpy(the_bus.dirname, "001");
  return is_new;
}
/* Devices are looked for once: a tool that asks again sees the same ones. */
int usb_find_devices(void) {
  static struct shim_device found[DEVICES_MAX];
  if (the_bus.devices) return 0;
  int count = shim_list(found);
  for (int index = count - 1; index >= 0; index--) {
    struct usb_device *device = calloc(1, sizeof *device);
    struct usb_config_descriptor *configuration = calloc(1, sizeof *configuration);
    if (!device || !configuration) return said(STATUS_NO_MEM);
    const uint8_t *bytes = found[index].descriptor;
    memcpy(&device->descriptor, bytes, DESCRIPTOR_BYTES);
    device->descriptor.bcdUSB = word(bytes + 2);
    device->descriptor.idVendor = word(bytes + 8);
    device->descriptor.idProduct = word(bytes + 10);
    device->descriptor.bcdDevice = word(bytes + 12);
    device->bus = &the_bus;
    device->dev = &found[index];
    device->devnum = found[index].number;
    snprintf(device->filename, sizeof device->filename, "%03d", found[index].number);
    read_configuration(found[index].configuration, found[index].configuration_length, configuration);
    device->config = configuration;
    device->next = the_bus.devices;
    if (the_bus.devices) the_bus.devices->prev = device;
    the_bus.devices = device;
  }
  return said(count);
}
struct usb_bus *usb_get_busses(void) { return &the_bus; }
struct usb_device *usb_device(usb_dev_handle *handle) { return handle->device; }

usb_dev_handle *usb_open(struct usb_device *device) {
  if (said(shim_call(OPERATION_OPEN, device->devnum, NULL, 0)) != 0) return NULL;
  usb_dev_handle *handle = calloc(1, sizeof *handle);
  if (!handle) return NULL;
  handle->descriptor = shim_descriptor();
  handle->device = device;
  handle->shim = device->dev;
  return handle;
}
/* Writes that were not waited for are, now. */
int usb_close(usb_dev_handle *handle) {
  int status = said(shim_flush(handle->device->devnum));
  if (status != 0)
    fprintf(stderr, "usb: the last writes to the device failed: %s\n", usb_strerror());
  shim_send(OPERATION_CLOSE, handle->device->devnum, NULL, 0);
  shim_forget(handle->device->devnum);
  free(handle);
  return status;
}

static int with_byte(usb_dev_handle *handle, enum operation operation, int value) {
  uint8_t byte = (uint8_t)value;
  return said(shim_call(operation, handle->device->devnum, &byte, 1));
}
/* Choosing what is chosen needs no one's answer. */
int usb_set_configuration(usb_dev_handle *handle, int value) {
  if (value == handle->shim->configuration[5]) return 0;
  return with_byte(handle, OPERATION_CONFIGURE, value);
}
int usb_claim_interface(usb_dev_handle *handle, int number) {
  return with_byte(handle, OPERATION_CLAIM, number);
}
int usb_release_interface(usb_dev_handle *handle, int number) {
  int status = said(shim_flush(handle->device->devnum));
  uint8_t byte = (uint8_t)number;
  shim_send(OPERATION_RELEASE, handle->device->devnum, &byte, 1);
  return status;
}
int usb_set_altinterface(usb_dev_handle *handle, int alternate) {
  uint8_t bytes[] = {0, (uint8_t)alternate};
  return said(shim_call(OPERATION_ALTERNATE, handle->device->devnum, bytes, sizeof bytes));
}
int usb_reset(usb_dev_handle *handle) {
  shim_flush(handle->device->devnum);
  shim_forget(handle->device->devnum);
  return said(shim_call(OPERATION_RESET, handle->device->devnum, NULL, 0));
}
int usb_resetep(usb_dev_handle *handle, unsigned int endpoint) {
  return with_byte(handle, OPERATION_CLEAR_HALT, (int)endpoint);
}
int usb_clear_halt(usb_dev_handle *handle, unsigned int endpoint) {
  return with_byte(handle, OPERATION_CLEAR_HALT, (int)endpoint);
}
int usb_get_driver_np(usb_dev_handle *handle, int number, char *name, unsigned int length) {
  (void)handle, (void)number, (void)name, (void)length;
  last_error = ENODATA; /* no driver has it */
  return -ENODATA;
}
int usb_detach_kernel_driver_np(usb_dev_handle *handle, int number) {
  (void)handle, (void)number;
  last_error = ENODATA;
  return -ENODATA;
}

static int move(usb_dev_handle *handle, int endpoint, const uint8_t *setup, char *data, int length,
                int timeout) {
  if (length < 0) return said(STATUS_IO);
  struct shim_transfer transfer = {handle->shim, (uint8_t)endpoint, setup, (uint8_t *)data,
                                   (uint32_t)length, timeout > 0 ? (uint32_t)timeout : 0};
  return said(shim_move(&transfer));
}
int usb_control_msg(usb_dev_handle *handle, int type, int request, int value, int index, char *data,
                    int length, int timeout) {
  uint8_t setup[] = {(uint8_t)type,        (uint8_t)request, (uint8_t)value,
                     (uint8_t)(value >> 8), (uint8_t)index,   (uint8_t)(index >> 8),
                     (uint8_t)length,       (uint8_t)(length >> 8)};
  return move(handle, 0, setup, data, length, timeout);
}
int usb_bulk_write(usb_dev_handle *handle, int endpoint, const char *data, int length, int timeout) {
  return move(handle, endpoint & 0x7f, NULL, (char *)data, length, timeout);
}
int usb_bulk_read(usb_dev_handle *handle, int endpoint, char *data, int length, int timeout) {
  return move(handle, endpoint | 0x80, NULL, data, length, timeout);
}
int usb_interrupt_write(usb_dev_handle *handle, int endpoint, const char *data, int length,
                        int timeout) {
  return usb_bulk_write(handle, endpoint, data, length, timeout);
}
int usb_interrupt_read(usb_dev_handle *handle, int endpoint, char *data, int length, int timeout) {
  return usb_bulk_read(handle, endpoint, data, length, timeout);
}
int usb_get_descriptor_by_endpoint(usb_dev_handle *handle, int endpoint, unsigned char type,
                                   unsigned char index, void *data, int length) {
  return usb_control_msg(handle, endpoint | 0x80, 6, type << 8 | index, 0, data, length, 1000);
}
int usb_get_descriptor(usb_dev_handle *handle, unsigned char type, unsigned char index, void *data,
                       int length) {
  return usb_get_descriptor_by_endpoint(handle, 0, type, index, data, length);
}
int usb_get_string(usb_dev_handle *handle, int index, int language, char *data, size_t length) {
  return usb_control_msg(handle, 0x80, 6, 3 << 8 | index, language, data, (int)length, 1000);
}
int usb_get_string_simple(usb_dev_handle *handle, int index, char *text, size_t size) {
  uint8_t bytes[255];
  int count = usb_control_msg(handle, 0x80, 6, 3 << 8 | index, 0x0409, (char *)bytes, sizeof bytes,
                              1000);
  if (count < 0) return count;
  size_t written = 0;
  for (int at = 2; at + 1 < count && written + 1 < size; at += 2)
    text[written++] = (char)(bytes[at + 1] || bytes[at] > 0x7f ? '?' : bytes[at]);
  text[written] = 0;
  return (int)written;
}
