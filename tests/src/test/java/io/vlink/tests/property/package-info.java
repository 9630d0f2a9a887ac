// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What must hold for any input, tried with many random ones: {@link io.vlink.tests.property.Property} runs the cases and says
 * how to repeat the one that failed, {@link io.vlink.tests.property.Draw} draws the inputs. A new property is one test method.
 */
package io.vlink.tests.property;
