/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WHODID_BASE_VERSION_H
#define WHODID_BASE_VERSION_H

#define WHODID_VERSION "0.1.0"

#endif
