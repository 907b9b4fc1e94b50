/* The rest of the ABI of libusb 1.0, said not to be there. A function that were missing here would be
   the real library's, and take our structures for its own. */
#include "libusb-1.0-internal.h"

#include <stddef.h>

int libusb_wrap_sys_device(libusb_context *context, intptr_t device, libusb_device_handle **handle) {
  (void)context, (void)device, (void)handle;
  return LIBUSB_ERROR_NOT_SUPPORTED; /* there is no device file */
}
void libusb_set_log_cb(libusb_context *context, libusb_log_cb callback, int mode) {
  (void)context, (void)callback, (void)mode;
}
int libusb_get_port_path(libusb_context *context, libusb_device *device, uint8_t *path,
                         uint8_t length) {
  (void)context;
  return libusb_get_port_numbers(device, path, length);
}
int libusb_get_max_iso_packet_size(libusb_device *device, unsigned char endpoint) {
  return libusb_get_max_packet_size(device, endpoint);
}

/* Streams, and memory of the kernel's: of USB 3 and of a kernel. */
int libusb_alloc_streams(libusb_device_handle *handle, uint32_t count, unsigned char *endpoints,
                         int endpoints_count) {
  (void)handle, (void)count, (void)endpoints, (void)endpoints_count;
  return LIBUSB_ERROR_NOT_SUPPORTED;
}
int libusb_free_streams(libusb_device_handle *handle, unsigned char *endpoints, int count) {
  (void)handle, (void)endpoints, (void)count;
  return LIBUSB_ERROR_NOT_SUPPORTED;
}
void libusb_transfer_set_stream_id(struct libusb_transfer *transfer, uint32_t stream) {
  (void)transfer, (void)stream;
}
uint32_t libusb_transfer_get_stream_id(struct libusb_transfer *transfer) {
  (void)transfer;
  return 0;
}
unsigned char *libusb_dev_mem_alloc(libusb_device_handle *handle, size_t length) {
  (void)handle, (void)length;
  return NULL; /* callers then use memory of their own */
}
int libusb_dev_mem_free(libusb_device_handle *handle, unsigned char *buffer, size_t length) {
  (void)handle, (void)buffer, (void)length;
  return LIBUSB_ERROR_NOT_SUPPORTED;
}

/* Descriptors of USB 3. */
int libusb_get_ss_endpoint_companion_descriptor(
    libusb_context *context, const struct libusb_endpoint_descriptor *endpoint,
    struct libusb_ss_endpoint_companion_descriptor **out) {
  (void)context, (void)endpoint, (void)out;
  return LIBUSB_ERROR_NOT_FOUND;
}
void libusb_free_ss_endpoint_companion_descriptor(
    struct libusb_ss_endpoint_companion_descriptor *descriptor) {
  (void)descriptor;
}
int libusb_get_bos_descriptor(libusb_device_handle *handle, struct libusb_bos_descriptor **out) {
  (void)handle, (void)out;
  return LIBUSB_ERROR_NOT_FOUND;
}
void libusb_free_bos_descriptor(struct libusb_bos_descriptor *descriptor) { (void)descriptor; }
int libusb_get_usb_2_0_extension_descriptor(libusb_context *context,
                                            struct libusb_bos_dev_capability_descriptor *capability,
                                            struct libusb_usb_2_0_extension_descriptor **out) {
  (void)context, (void)capability, (void)out;
  return LIBUSB_ERROR_NOT_FOUND;
}
void libusb_free_usb_2_0_extension_descriptor(
    struct libusb_usb_2_0_extension_descriptor *descriptor) {
  (void)descriptor;
}
int libusb_get_ss_usb_device_capability_descriptor(
    libusb_context *context, struct libusb_bos_dev_capability_descriptor *capability,
    struct libusb_ss_usb_device_capability_descriptor **out) {
  (void)context, (void)capability, (void)out;
  return LIBUSB_ERROR_NOT_FOUND;
}
void libusb_free_ss_usb_device_capability_descriptor(
    struct libusb_ss_usb_device_capability_descriptor *descriptor) {
  (void)descriptor;
}
int libusb_get_container_id_descriptor(libusb_context *context,
                                       struct libusb_bos_dev_capability_descriptor *capability,
                                       struct libusb_container_id_descriptor **out) {
  (void)context, (void)capability, (void)out;
  return LIBUSB_ERROR_NOT_FOUND;
}
void libusb_free_container_id_descriptor(struct libusb_container_id_descriptor *descriptor) {
  (void)descriptor;
}
