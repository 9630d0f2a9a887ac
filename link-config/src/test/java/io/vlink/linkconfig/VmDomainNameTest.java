// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.linkconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmDomainNameTest {
    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../x", "a/b", "a b", "_a", "a\n", "a\u0000", "é", "control", "keeper"})
    void rejectsWhatCouldNotBeAFileOfItsOwn(String name) {
        assertThatThrownBy(() -> VmDomainName.check(name)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("vm_domain ").hasMessageNotContaining("\n");
    }

    @Test
    void rejectsSixtyFourBytes() {
        assertThatThrownBy(() -> VmDomainName.check("a".repeat(64))).hasMessageContaining("bytes=64");
        assertThat(VmDomainName.check("a".repeat(63))).hasSize(63);
    }

    @Test
    void namesThePropertyOfATrustGroup() {
        assertThatThrownBy(() -> VmDomainName.checkTrustGroup("a b")).hasMessageStartingWith("trust_group ");
        assertThat(VmDomainName.checkTrustGroup("control")).isEqualTo("control");
    }
}
