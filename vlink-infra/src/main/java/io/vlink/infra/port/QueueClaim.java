// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.port;

/** That a queue has a worker, until it is closed. */
@FunctionalInterface
public interface QueueClaim extends AutoCloseable {
    /** Lets another worker have the queue; any thread, once the worker makes no burst any more. */
    @Override
    void close();
}
