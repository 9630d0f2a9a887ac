// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.vlink.spec.pci.BarShape;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceOptionTest {
    private static final List<String> PASSED_ON = List.of("id", "bus", "addr");

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"init_config=a | vm_domain=", "vm_domain=a | init_config=",
            "vm_domain=,init_config=a | vm_domain=",
            "vm_domain=a,init_config=b,mtu=9 | property=mtu known=addr,bar,bus,id,init_config",
            "vm_domain=a,init_config=b,vm_domain=c | repeated: property=vm_domain",
            "vm_domain=a,init_config=b,bar=16 | bar=16",
            "vm_domain=a,init_config=b,bar=x | bar=x", "vm_domain=a,init_config=b,bar | needs a value: property=bar",
            "vm_domain=a/b,init_config=b | vm_domain", "vm_domain=a,init_config=b,max_channel=65 | max_channel=65",
            "vm_domain=a,init_config=b,trust_group= | trust_group"})
    void refusesWithOneLineThatNamesTheProperty(String text, String message) {
        assertThatThrownBy(() -> DeviceOption.parse(text, "", PASSED_ON)).isInstanceOf(ToolException.class)
                .hasMessageContaining(message).hasMessageNotContaining("\n");
    }

    @Test
    void readsTheSeedsLine() {
        DeviceOption option = DeviceOption.parse("vm_domain=testvm1,init_config=./link.config", "", List.of());
        assertThat(option.vmDomain()).isEqualTo("testvm1");
        assertThat(option.initConfig()).isEqualTo(Path.of("./link.config"));
        assertThat(option.barShape()).isEqualTo(BarShape.BAR32);
        assertThat(option.trustGroup()).isEmpty();
        assertThat(option.maxChannel()).isEmpty();
    }

    @Test
    void readsEverythingAndKeepsQemusOwn() {
        DeviceOption option = DeviceOption.parse(
                ",vm_domain=vm1,addr=5,init_config=a,,b,bar=64,trust_group=g,max_channel=9,id=x", "", PASSED_ON);
        assertThat(option.initConfig()).isEqualTo(Path.of("a,b"));
        assertThat(option.barShape()).isEqualTo(BarShape.BAR64);
        assertThat(option.trustGroup()).isEqualTo("g");
        assertThat(option.maxChannel()).isEqualTo(OptionalInt.of(9));
        assertThat(option.passed()).containsExactly(entry("addr", "5"), entry("id", "x"));
    }
}
