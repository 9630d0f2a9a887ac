// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VdevArgumentsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            ""                                  | vdev must be eth_vlink<N> with N from 0 to 1023: vdev=
            eth_vlink,link=a                    | vdev must be eth_vlink<N> with N from 0 to 1023: vdev=eth_vlink
            eth_vlink01,link=a                  | vdev must be eth_vlink<N> with N from 0 to 1023: vdev=eth_vlink01
            eth_vlink-1,link=a                  | vdev must be eth_vlink<N> with N from 0 to 1023: vdev=eth_vlink-1
            eth_vlink1024,link=a                | vdev must be eth_vlink<N> with N from 0 to 1023: vdev=eth_vlink1024
            eth_vlink99999999999,link=a         | vdev must be eth_vlink<N> with N from 0 to 1023: vdev=eth_vlink99999999999
            net_vhost0,link=a                   | vdev must be eth_vlink<N> with N from 0 to 1023: vdev=net_vhost0
            eth_vlink0                          | vdev must name its link: link=
            eth_vlink0,mode=mq                  | vdev must name its link: link=
            eth_vlink0,link=a,queues=3          | vdev keys are link and mode: key=queues
            eth_vlink0,                         | vdev keys are link and mode: key=
            eth_vlink0,link=a,,mode=mq          | vdev keys are link and mode: key=
            eth_vlink0,link=a,link=b            | vdev key must be given once: key=link
            eth_vlink0,link=a,mode=mq,mode=mq   | vdev key must be given once: key=mode
            eth_vlink0,link                     | vdev key must have a value: key=link
            eth_vlink0,link=a,mode=             | vdev key must have a value: key=mode
            eth_vlink0,link=a,mode=MQ           | mode must be bond or mq: mode=MQ
            eth_vlink0,link=a b                 | link name must be letters, digits, _ . and -, the first a letter or digit: link=a b
            eth_vlink0,link=../x                | link name must be letters, digits, _ . and -, the first a letter or digit: link=../x
            """)
    void saysInOneLineWhatIsWrongAndWhatIsKnown(String text, String message) {
        assertThatThrownBy(() -> VdevArguments.parse(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message + ": write eth_vlink<N>,link=<name>[,mode=bond|mq]");
    }

    @Test
    void rejectsANameThatNoLinkCanHave() {
        String name = "a".repeat(64);
        assertThatThrownBy(() -> VdevArguments.parse("eth_vlink0,link=" + name))
                .hasMessageStartingWith("link name must have at most 63 bytes: link=" + name);
    }

    @Test
    void understandsWhatDpdkUsersWrite() {
        assertThat(VdevArguments.parse("eth_vlink0,link=tap123,mode=mq"))
                .isEqualTo(new VdevArguments(0, "tap123", LinkMode.MQ));
        assertThat(VdevArguments.parse("eth_vlink12,mode=bond,link=a.b-c_d"))
                .isEqualTo(new VdevArguments(12, "a.b-c_d", LinkMode.BOND));
        assertThat(VdevArguments.parse("eth_vlink1023,link=x")).hasToString("eth_vlink1023,link=x,mode=mq");
    }
}
