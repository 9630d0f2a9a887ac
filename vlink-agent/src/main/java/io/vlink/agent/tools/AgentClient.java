// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.tools;

import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlException;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Fd;
import io.vlink.linkconfig.LinkConfig;
import io.vlink.linkconfig.LinkConfigException;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.Role;
import io.vlink.spec.control.TlvType;
import java.time.Duration;

/** What the tools ask of a running agent, over one connection. One thread. */
public final class AgentClient implements AutoCloseable {
    /** A report waits for no memory, so an agent that takes longer for one is stopped, or stuck. */
    private static final Duration REPORT_LIMIT = Duration.ofSeconds(10);

    private final ControlConnection connection;
    private final Role role;

    /**
     * Connects.
     *
     * @param directory where the agent is
     * @param role      who asks
     * @throws NoAgentException if there is no agent
     * @throws ToolException    if it may not be used
     */
    public AgentClient(RunDirectory directory, Role role) {
        this.role = role;
        try {
            this.connection = directory.connect();
        } catch (ControlException e) {
            throw toolException(e);
        }
    }

    /**
     * Reads the links of a domain.
     *
     * @param option names the file
     * @return its links
     * @throws ToolException with every problem of the file, a line each
     */
    public static LinkConfig links(DeviceOption option) {
        try {
            LinkConfig config = LinkConfig.parse(option.initConfig());
            int room = option.maxChannel().orElse(config.channels());
            if (config.channels() > room) {
                throw new ToolException(
                        "the links have more channels than max_channel: init_config=" + option.initConfig()
                                + " channels=" + config.channels() + " max_channel=" + room + ": raise max_channel=");
            }
            return config;
        } catch (LinkConfigException e) {
            throw new ToolException(e.getMessage());
        }
    }

    /**
     * Registers a domain; with role QEMU it lives as long as this connection, with role TOOL until it is unregistered.
     *
     * @param option the domain
     * @param links  its links
     * @return path of its device socket
     * @throws ToolException if the agent refuses
     */
    public String register(DeviceOption option, LinkConfig links) {
        ControlMessage.Builder request = ControlMessage.request(role, Request.REGISTER_DOMAIN).addText(
                TlvType.VM_DOMAIN,
                option.vmDomain());
        links.toLines().forEach(line -> request.addText(TlvType.LINK, line));
        request.addInt(TlvType.BAR, option.barShape().bits());
        if (!option.trustGroup().isEmpty()) {
            request.addText(TlvType.TRUST_GROUP, option.trustGroup());
        }
        option.maxChannel().ifPresent(channels -> request.addInt(TlvType.MAX_CHANNEL, channels));
        if (role == Role.TOOL) {
            request.addInt(TlvType.PERSISTENT, 1);
        }
        return ask(request.build()).text(TlvType.SOCKET_PATH);
    }

    /**
     * Removes a domain that {@link #register} made for good.
     *
     * @param vmDomain its name
     * @throws ToolException if the agent refuses
     */
    public void unregister(String vmDomain) {
        ask(ControlMessage.request(role, Request.UNREGISTER_DOMAIN).addText(TlvType.VM_DOMAIN, vmDomain).build());
    }

    /**
     * The state of everything.
     *
     * @return one JSON object, one line
     * @throws NoAgentException if the agent dies meanwhile
     * @throws ToolException    if it fails, or does not answer
     */
    public String report() {
        return ask(ControlMessage.request(role, Request.REPORT).build(), REPORT_LIMIT).text(TlvType.REPORT);
    }

    private ControlMessage ask(ControlMessage request) {
        return ask(request, ControlConnection.REPLY_TIMEOUT);
    }

    private ControlMessage ask(ControlMessage request, Duration limit) {
        try {
            return connection.request(request, 0, limit).message();
        } catch (ControlException e) {
            throw toolException(e);
        }
    }

    private static ToolException toolException(ControlException e) {
        return e.isAgentAbsent() ? new NoAgentException(e.getMessage()) : new ToolException(e.getMessage());
    }

    /** {@return the connection's descriptor, which keeps a domain alive; stays ours} */
    public Fd fd() {
        return connection.fd();
    }

    @Override
    public void close() {
        connection.close();
    }
}
